#include "striate/memory/detail/recall_plain.h"

#include <gtest/gtest.h>

namespace striate::detail {
namespace {

constexpr std::complex<double> i(0, 1);

TEST(RecallPlain, WeightsConjugateTheSource) {
  const auto j = plain_weights({.patterns = {{1.0, i}}});
  EXPECT_NEAR(std::abs(j[0][1] - 0.5 * (-i)), 0, 1e-15);  // z_0 conj(z_1) / ||z||^2
  EXPECT_NEAR(std::abs(j[1][0] - 0.5 * i), 0, 1e-15);
}

TEST(RecallPlain, RecallsTheOnlyPatternFromOneUnit) {
  const PlainMemory memory{.patterns = {{2.0, 2.0 * i, 0.0}}, .k = 2};
  const PlainRecall recall = recall_plain(memory, {0.0, 5.0, 0.0}, 2);
  ASSERT_EQ(recall.states.size(), 3u);
  EXPECT_NEAR(recall.energies[0], -0.25, 1e-15);  // -|<z, cue>|^2 / 2 = -(1/sqrt 2)^2 / 2
  EXPECT_NEAR(recall.energies[1], -0.5, 1e-15);
  // J e_1 is the pattern times conj(z_1): the cue's phase is kept.
  EXPECT_NEAR(std::abs(recall.states[1][0] - (-i) * std::sqrt(0.5)), 0, 1e-15);
  EXPECT_NEAR(std::abs(recall.states[1][1] - std::sqrt(0.5)), 0, 1e-15);
}

TEST(RecallPlain, TwoUnitsWithoutDiagonalAlternate) {
  const PlainMemory memory{.patterns = {{1.0, 1.0}},
                           .form = PatternForm::phasor,
                           .truncation = Truncation::absolute,
                           .k = 2,
                           .theta = 0.5,
                           .normalization = Normalization::phase,
                           .zero_diagonal = true};
  const PlainRecall recall = recall_plain(memory, {1.0, 0.0}, 3);
  EXPECT_EQ(recall.states[1], (PlainVector{0.0, 1.0}));
  EXPECT_EQ(recall.states[2], (PlainVector{1.0, 0.0}));
}

TEST(RecallPlain, StopsAtSilence) {
  const PlainMemory memory{
      .patterns = {{1.0, 0.0}}, .truncation = Truncation::absolute, .theta = 0.9};
  EXPECT_EQ(recall_plain(memory, {1.0, 1.0}, 5).states.size(), 2u);
}

}  // namespace
}  // namespace striate::detail
