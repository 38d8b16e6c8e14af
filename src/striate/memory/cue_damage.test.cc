#include "striate/memory/cue_damage.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using Complex = std::complex<double>;

TEST(RandomCodes, AreEvenOverUnitsAndPhases) {
  constexpr std::int64_t n = 40, k = 8, count = 4000;
  const auto codes = units_of_pairs(random_codes<double>(n, k, count, 3));
  std::vector<double> uses(n);
  Complex mean = 0, mean_square = 0;
  for (std::int64_t p = 0; p < count; ++p) {
    ASSERT_EQ(codes[p].active(), 8u);
    for (std::size_t i = 0; i < 8; ++i) {
      uses[static_cast<std::size_t>(codes[p].units[i])] += 1;
      EXPECT_NEAR(std::abs(codes[p].values[i]), 1, 1e-12);
      mean += codes[p].values[i];
      mean_square += codes[p].values[i] * codes[p].values[i];
    }
  }
  // Binomial: sd sqrt(4000 * 0.2 * 0.8) = 25; sums of 32000 random phasors: sd 179.
  for (const double u : uses) EXPECT_NEAR(u, 800, 5 * 25.3);
  EXPECT_LT(std::abs(mean), 4 * 179);
  EXPECT_LT(std::abs(mean_square), 4 * 179);
  // Code p is a function of seed and p.
  EXPECT_EQ(random_codes<double>(n, k, 9, 3).slice(0, 5), random_codes<double>(n, k, 5, 3));
  EXPECT_NE(random_codes<double>(n, k, 5, 4), random_codes<double>(n, k, 5, 3));
}

TEST(RandomCodes, AmplitudesSpread) {
  const auto codes = units_of_pairs(random_codes<double>(50, 50, 200, 1, 0.7));
  double sum = 0, squares = 0;
  for (std::int64_t p = 0; p < 200; ++p)
    for (const Complex& z : codes[p].values) {
      const double x = std::log(std::abs(z));
      sum += x, squares += x * x;
    }
  EXPECT_NEAR(sum / 1e4, 0, 4 * 0.007);
  EXPECT_NEAR(squares / 1e4, 0.49, 4 * 0.49 * std::sqrt(2.0) / 100);
}

TEST(DamagedCodes, MoveTheShareAskedFor) {
  const auto codes = random_codes<double>(500, 20, 60, 1, 0.5);
  const auto cues = damaged_codes(codes, {.damage = 0.25, .phase_noise = 0.2}, 2);
  double phases = 0;
  for (std::int64_t p = 0; p < 60; ++p) {
    const auto before = problems::dense(codes, p), after = problems::dense(cues, p);
    int kept = 0, fresh = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i] == 0.0) {
        fresh += after[i] != 0.0;
      } else if (after[i] != 0.0) {
        ++kept;
        EXPECT_NEAR(std::abs(after[i]), std::abs(before[i]), 1e-12);
        phases += std::norm(std::arg(after[i] / before[i]));
      }
    }
    EXPECT_EQ(kept, 15);
    EXPECT_LE(fresh, 5);  // two may meet
    EXPECT_GE(fresh, 3);
  }
  EXPECT_NEAR(phases / 900, 0.04, 4 * 0.04 * std::sqrt(2.0 / 900));
}

TEST(DamagedCodes, TheEndsOfTheScale) {
  const auto codes = random_codes<double>(30, 6, 4, 1, 0.5);
  EXPECT_EQ(damaged_codes(codes, {.damage = 0, .phase_noise = 0}, 9), codes);
  const auto all = damaged_codes(codes, {.damage = 1, .phase_noise = 0}, 9);
  for (std::int64_t p = 0; p < 4; ++p)
    EXPECT_EQ(inner_product(units_of_pairs(codes)[p], units_of_pairs(all)[p]), Complex(0));
  // Dense codes have nowhere to move to: new phases in place.
  const auto dense = random_codes<double>(30, 30, 4, 1);
  const auto turned = damaged_codes(dense, {.damage = 1, .phase_noise = 0}, 9);
  for (std::int64_t p = 0; p < 4; ++p) {
    EXPECT_EQ(units_of_pairs(turned)[p].active(), 30u);
    EXPECT_LT(std::abs(inner_product(units_of_pairs(dense)[p], units_of_pairs(turned)[p])), 20);
  }
  EXPECT_EQ(damaged_codes(SparseCodes<float>(8), {}, 0).signals(), 0);
}

TEST(DamagedCodes, Refuses) {
  const auto codes = random_codes<double>(30, 6, 4, 1);
  EXPECT_THROW(damaged_codes(codes, {.damage = 1.5}, 0), Error);
  EXPECT_THROW(damaged_codes(codes, {.damage = std::nan("")}, 0), Error);
  EXPECT_THROW(damaged_codes(codes, {.phase_noise = -1}, 0), Error);
  EXPECT_THROW(random_codes<double>(30, 31, 4, 1), Error);
  EXPECT_THROW(random_codes<double>(30, 0, 4, 1), Error);
  EXPECT_THROW(random_codes<double>(30, 3, -1, 1), Error);
}

}  // namespace
}  // namespace striate
