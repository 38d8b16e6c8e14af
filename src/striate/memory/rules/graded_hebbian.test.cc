#include "striate/memory/rules/graded_hebbian.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/memory/associative_memory.h"
#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

TEST(GradedHebbian, IsThePaperTakenLiterally) {
  EXPECT_EQ(graded_hebbian.name, "graded_hebbian");
  EXPECT_EQ(graded_hebbian.form, PatternForm::graded);
  EXPECT_EQ(graded_hebbian.normalization, Normalization::vector);
  EXPECT_EQ(graded_hebbian.diagonal, Diagonal::keep);
  std::vector<std::complex<double>> a = {{1, 2}, {0, -3}};
  const auto weighting = graded_hebbian.prepare<double>(UnitCodes<double>(3), {});
  const auto before = a;
  weighting->weigh(a);
  EXPECT_EQ(a, before);
  EXPECT_DOUBLE_EQ(weighting->potential(a), 7);  // (1 + 4 + 9) / 2
}

// J is a sum of projections, and recall its power iteration: one step cleans the cue, many drift to
// the strongest shared direction (the identity may survive, the amplitudes do not).
TEST(GradedHebbian, OneStepCleansTheCue) {
  const auto codes = problems::random_codes<double>(300, 20, 10, 1, 0.8);
  const auto cues = problems::damaged(codes, 5, 0.2, 2);
  AssociativeMemory<double> memory(graded_hebbian, {.units = 300});
  memory.store(codes);
  const Identification cue = memory.nearest(cues);
  const auto recalled = memory.recall(cues, {.max_steps = 1});
  EXPECT_EQ(recalled.covered_by, Cover::t2);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(recalled.ids[i], static_cast<std::int64_t>(i));
    EXPECT_GT(recalled.cosines[i], cue.cosines[i]);
  }
}

TEST(GradedHebbian, OneStoredCodeIsRecalledWithItsAmplitudes) {
  const auto codes = problems::random_codes<double>(300, 20, 1, 1, 0.8);
  AssociativeMemory<double> memory(graded_hebbian, {.units = 300});
  memory.store(codes);
  EXPECT_NEAR(memory.recall(problems::damaged(codes, 8, 0.5, 2)).cosines[0], 1, 1e-12);
}

// Of the 12 overlaps those of modulus at least c stay, and of these the m largest.
TEST(GradedHebbian, DropsSmallOverlaps) {
  const auto codes = problems::random_codes<double>(40, 8, 12, 1, 0.5);
  const auto states = problems::random_codes<double>(40, 12, 6, 2, 0.5);
  AssociativeMemory<double> all(graded_hebbian, {.units = 40});
  all.store(codes);
  const auto a = all.overlaps(states);
  for (const double cut : {0.0, 0.3})
    for (const std::int64_t top : {0, 1, 3}) {
      MemorySettings settings{.units = 40};
      if (cut > 0) settings.overlap_cut = cut;
      if (top > 0) settings.overlap_top = top;
      AssociativeMemory<double> memory(graded_hebbian, settings);
      memory.store(codes);
      EXPECT_EQ(memory.covered_by(), Cover::t2);
      const auto u = memory.field(states);
      const auto energies = memory.energy(states);
      for (std::int64_t j = 0; j < 6; ++j) {
        std::vector<std::complex<double>> expected(40);
        double phi = 0;
        for (std::int64_t p = 0; p < 12; ++p) {
          std::int64_t rank = 0;
          for (std::int64_t q = 0; q < 12; ++q) rank += std::abs(a(q, j)) > std::abs(a(p, j));
          if (std::abs(a(p, j)) < cut || (top > 0 && rank >= top)) continue;
          phi += (std::norm(a(p, j)) - cut * cut) / 2;
          const auto z = problems::dense(all.codes(), p);
          for (std::size_t i = 0; i < 40; ++i) expected[i] += a(p, j) * z[i];
        }
        EXPECT_NEAR(energies[static_cast<std::size_t>(j)], -phi, 1e-12);
        for (std::int64_t i = 0; i < 40; ++i)
          EXPECT_NEAR(std::abs(u(i, j) - expected[static_cast<std::size_t>(i)]), 0, 1e-12);
      }
    }
}

TEST(GradedHebbian, EqualOverlapsGoByTheLowerId) {
  const auto codes = problems::random_codes<double>(30, 5, 3, 1);
  AssociativeMemory<double> memory(graded_hebbian, {.units = 30, .overlap_top = 2});
  memory.store(codes);
  memory.store(codes);  // ids 3, 4, 5: the same again
  const auto u = memory.field(codes);
  for (std::int64_t j = 0; j < 3; ++j) {  // both copies of j, nothing else
    const auto z = problems::dense(codes, j);
    for (std::int64_t i = 0; i < 30; ++i)
      EXPECT_NEAR(std::abs(u(i, j) - 2.0 * z[static_cast<std::size_t>(i)]), 0, 1e-12);
  }
}

}  // namespace
}  // namespace striate
