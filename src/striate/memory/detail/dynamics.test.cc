#include "striate/memory/detail/dynamics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/problems/planted_memory.h"

namespace striate::detail {
namespace {

using Complex = std::complex<double>;
using Vector = std::vector<Complex>;
constexpr Complex i(0, 1);

std::span<const Complex> fixed(const Vector& z) { return z; }

Vector truncated(const Dynamics& dynamics, Vector u, double activity = 0) {
  Ranking ranking;
  truncate(dynamics, activity, std::span<Complex>(u), ranking);
  return u;
}

TEST(Truncate, WinnersAreThoseOfAFullSort) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Random random(seed, stream("winners"));
    const auto n = static_cast<std::size_t>(1 + random.below(30));
    const auto k = static_cast<std::int64_t>(1 + random.below(n));
    // Moduli 0 to 4, so that ties and zeros are many; fourth roots of unity keep them exact.
    const Complex roots[] = {1, i, -1, -i};
    Vector u(n);
    for (Complex& x : u) x = static_cast<double>(random.below(5)) * roots[random.below(4)];
    const Vector kept = truncated({.k = k}, u);
    for (std::size_t a = 0; a < n; ++a) {
      std::int64_t before = 0;  // units that come before unit a: larger, or equal and lower
      for (std::size_t b = 0; b < n; ++b)
        before +=
            std::norm(u[b]) > std::norm(u[a]) || (std::norm(u[b]) == std::norm(u[a]) && b < a);
      EXPECT_EQ(kept[a], before < k ? u[a] : Complex(0));
    }
  }
}

TEST(Truncate, WinnersMaximiseTheFieldOverAllSupports) {
  // T2's step: of all K-sparse supports the winners carry the largest sum of |u|^2 and of |u|.
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed, stream("supports"));
    Vector u(8);
    for (Complex& x : u) x = random.normal() * problems::random_phase(random);
    const Vector kept = truncated({.k = 3}, u);
    double ours = 0, best = 0;
    for (const Complex& x : kept) ours += std::norm(x);
    for (int mask = 0; mask < 256; ++mask) {
      double sum = 0;
      int members = 0;
      for (std::size_t a = 0; a < 8; ++a)
        if (mask >> a & 1) sum += std::norm(u[a]), ++members;
      if (members <= 3) best = std::max(best, sum);
    }
    EXPECT_NEAR(ours, best, 1e-12 * best);
  }
}

TEST(Truncate, ThresholdsCompareModuliStrictly) {
  const Vector u = {3.0, 4.0 * i, -5.0, Complex(3, 4), 0.0};
  EXPECT_EQ(truncated({.truncation = Truncation::absolute, .theta = 4}, u),
            (Vector{0.0, 0.0, -5.0, Complex(3, 4), 0.0}));
  EXPECT_EQ(truncated({.truncation = Truncation::relative, .theta = 0.7}, u),
            (Vector{0.0, 4.0 * i, -5.0, Complex(3, 4), 0.0}));
  EXPECT_EQ(truncated({.truncation = Truncation::dynamic, .theta = 0.5}, u, 7),
            (Vector{0.0, 4.0 * i, -5.0, Complex(3, 4), 0.0}));
  EXPECT_EQ(truncated({.truncation = Truncation::absolute, .theta = 5}, u), Vector(5));
}

TEST(Normalize, ThreeWays) {
  const Vector u = {3.0 * i, 0.0, -4.0};
  Vector phase = u, vector = u, both = u, zero(3);
  EXPECT_TRUE(normalize(Normalization::phase, std::span<Complex>(phase)));
  EXPECT_TRUE(normalize(Normalization::vector, std::span<Complex>(vector)));
  EXPECT_TRUE(normalize(Normalization::phase_vector, std::span<Complex>(both)));
  EXPECT_EQ(phase, (Vector{i, 0.0, -1.0}));
  for (std::size_t j = 0; j < 3; ++j) {
    EXPECT_NEAR(std::abs(vector[j] - u[j] / 5.0), 0, 1e-15);
    EXPECT_NEAR(std::abs(both[j] - phase[j] / std::sqrt(2.0)), 0, 1e-15);
  }
  for (const auto normalization :
       {Normalization::phase, Normalization::vector, Normalization::phase_vector})
    EXPECT_FALSE(normalize(normalization, std::span<Complex>(zero)));
}

TEST(Start, ScalesAndCutsWhereAsked) {
  Ranking ranking;
  Vector z = {1.0, 4.0 * i, 3.0, 0.5};
  EXPECT_TRUE(start(Dynamics{.k = 2, .normalization = Normalization::vector, .cut_cue = true},
                    std::span<Complex>(z), ranking));
  EXPECT_NEAR(std::abs(z[1] - 0.8 * i), 0, 1e-15);
  EXPECT_NEAR(std::abs(z[2] - 0.6), 0, 1e-15);
  EXPECT_EQ(z[0], 0.0);
  Vector whole = {1.0, 4.0 * i, 2.0};
  EXPECT_TRUE(start(Dynamics{.k = 2, .normalization = Normalization::phase},
                    std::span<Complex>(whole), ranking));
  EXPECT_EQ(whole, (Vector{0.25, i, 0.5}));
  Vector phase = {1e200, 4e200 * i, 0.0};
  EXPECT_TRUE(
      start(Dynamics{.truncation = Truncation::absolute, .normalization = Normalization::phase},
            std::span<Complex>(phase), ranking));
  EXPECT_EQ(phase, (Vector{0.25, i, 0.0}));
  Vector turns = {1.0, 4.0 * i, -3.0};
  EXPECT_TRUE(start(Dynamics{.k = 2,
                             .normalization = Normalization::phase,
                             .cut_cue = true,
                             .order = Order::asynchronous},
                    std::span<Complex>(turns), ranking));
  EXPECT_EQ(turns, (Vector{0.0, i, -1.0}));
  Vector zero(3);
  EXPECT_FALSE(start(Dynamics{}, std::span<Complex>(zero), ranking));
}

TEST(Activity, SumsModuli) { EXPECT_DOUBLE_EQ(activity(fixed({Complex(3, 4), -2.0 * i, 0.0})), 7); }

TEST(Cover, NamesTheTheorem) {
  using enum Truncation;
  using enum Normalization;
  const bool convex = true, keep = false, zero = true;
  EXPECT_EQ(cover(convex, keep, absolute, phase), Cover::t1);
  EXPECT_EQ(cover(convex, keep, k_winners, phase), Cover::t2);
  EXPECT_EQ(cover(convex, keep, k_winners, vector), Cover::t2);
  EXPECT_EQ(cover(convex, keep, k_winners, phase_vector), Cover::none);
  EXPECT_EQ(cover(convex, keep, absolute, vector), Cover::t3_partial);
  EXPECT_EQ(cover(convex, keep, relative, vector), Cover::t3_partial);
  EXPECT_EQ(cover(convex, keep, relative, phase), Cover::none);
  EXPECT_EQ(cover(convex, keep, dynamic, phase), Cover::none);
  for (const auto truncation : {k_winners, absolute, relative, dynamic})
    for (const auto normalization : {phase, vector, phase_vector}) {
      EXPECT_EQ(cover(convex, zero, truncation, normalization), Cover::none);
      for (const auto order : {Order::synchronous, Order::asynchronous, Order::monotone})
        EXPECT_EQ(cover(false, keep, truncation, normalization, order), Cover::none);
    }
  for (const bool diagonal : {keep, zero}) {
    for (const auto truncation : {k_winners, absolute, dynamic})
      EXPECT_EQ(cover(convex, diagonal, truncation, phase, Order::asynchronous), Cover::async);
    EXPECT_EQ(cover(convex, diagonal, dynamic, phase, Order::monotone), Cover::async);
    for (const auto truncation : {k_winners, absolute, relative, dynamic})
      for (const auto normalization : {vector, phase_vector})
        EXPECT_EQ(cover(convex, diagonal, truncation, normalization, Order::monotone), Cover::t2);
  }
  EXPECT_EQ(cover(convex, zero, absolute, phase, Order::monotone), Cover::async);
  EXPECT_EQ(cover(convex, keep, absolute, phase, Order::monotone), Cover::t1);
  EXPECT_EQ(cover(convex, zero, k_winners, phase, Order::monotone), Cover::async);
  EXPECT_EQ(cover(convex, keep, k_winners, phase, Order::monotone), Cover::t2);
  EXPECT_EQ(name_of(Cover::async), "async");
  EXPECT_EQ(name_of(Cover::t3_partial), "T3-partial");
}

}  // namespace
}  // namespace striate::detail
