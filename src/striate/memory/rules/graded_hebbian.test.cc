#include "striate/memory/rules/graded_hebbian.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace striate
