#include "striate/solvers/lasso.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/dictionaries/constructors.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"
#include "tests/problems/scikit_learn.h"

namespace striate {
namespace {

// scikit-learn 1.2.1, lasso_lars at its alphas (its objective is ours); the positive optimum was
// found by trying all supports.
TEST(Lasso, ReachesTheObjectivesOfScikitLearn) {
  const Dictionary<double> dictionary(scikit_learn_atoms().view());
  const Matrix<double> signals = scikit_learn_signals();
  const auto one = lasso<double>(dictionary, signals, {.lambda = 1, .tolerance = 1e-12});
  EXPECT_EQ(one.codes.nonzeros(), 35);
  EXPECT_NEAR(one.info.objective(), 38.9204480352, 1e-9);
  double sum = 0;
  for (double z : one.codes.values()) sum += std::abs(z);
  EXPECT_NEAR(sum, 14.7926147644, 1e-6);
  const auto tenth = lasso<double>(dictionary, signals, {.lambda = 0.1, .tolerance = 1e-12});
  EXPECT_EQ(tenth.codes.nonzeros(), 75);
  EXPECT_NEAR(tenth.info.objective(), 7.4932291309, 1e-9);
  const auto positive =
      lasso<double>(dictionary, signals, {.lambda = 0.1, .tolerance = 1e-12, .positive = true});
  EXPECT_EQ(positive.codes.nonzeros(), 46);
  EXPECT_NEAR(positive.info.objective(), 22.9578110935, 1e-9);
}

TEST(Lasso, SoftensCorrelationsWithOrthonormalAtoms) {
  const auto atoms = random_atoms<double>(12, 12, 1, 12);
  const Matrix<double> signals = random_matrix<double>(12, 5, 2);
  const double lambda = 0.3;
  const auto [codes, info] = lasso<double>(Dictionary<double>(atoms.view()), signals,
                                           {.lambda = lambda, .tolerance = 1e-14});
  const Matrix<double> z = codes.to_dense();
  for (int j = 0; j < 5; ++j)
    for (int k = 0; k < 12; ++k) {
      double b = 0;
      for (int i = 0; i < 12; ++i) b += atoms(i, k) * signals(i, j);
      EXPECT_NEAR(z(k, j), std::copysign(std::max(std::abs(b) - lambda, 0.0), b), 1e-12);
    }
}

// A coarse grid over all codes, and a fine one round the answer.
TEST(Lasso, BeatsEveryCodeOnAGrid) {
  const auto p = plant<double>({.rows = 3, .atoms = 3, .nonzeros = 2, .signals = 4, .noise = 0.2});
  const Judge judge(p.dictionary.view(), {.lambda = 0.2});
  const auto [codes, info] = lasso<double>(Dictionary<double>(p.dictionary.view()), p.signals,
                                           {.lambda = 0.2, .tolerance = 1e-12});
  for (int j = 0; j < 4; ++j) {
    const std::vector<double> y = Judge::doubles(p.signals.column(j)), z = judge.dense(codes[j]);
    const double best = judge.objective(y, z);
    for (int a = -4; a <= 4; ++a)
      for (int b = -4; b <= 4; ++b)
        for (int c = -4; c <= 4; ++c) {
          const double h = 0.01;
          EXPECT_GE(judge.objective(y, std::vector{z[0] + h * a, z[1] + h * b, z[2] + h * c}),
                    best - 1e-12);
          EXPECT_GE(judge.objective(y, std::vector{0.5 * a, 0.5 * b, 0.5 * c}), best - 1e-12);
        }
  }
}

TEST(Lasso, FindsWhatWasPlantedWithoutNoise) {
  const auto p = plant<double>({.rows = 64, .atoms = 96, .nonzeros = 3, .signals = 20, .seed = 5});
  const auto [codes, info] = lasso<double>(Dictionary<double>(p.dictionary.view()), p.signals,
                                           {.lambda = 1e-3, .tolerance = 1e-8});
  const Matrix<double> z = codes.to_dense(), truth = p.codes.to_dense();
  for (int j = 0; j < 20; ++j)
    for (int k = 0; k < 96; ++k) EXPECT_NEAR(z(k, j), truth(k, j), 0.01);  // bias is about lambda
}

TEST(Lasso, ExactDuplicatesAndNearDuplicatesOfAtomsDoNotMatter) {
  auto p = plant<float>({.rows = 20, .atoms = 40, .nonzeros = 8, .signals = 30, .noise = 0.1});
  for (int i = 0; i < 20; ++i) {
    p.dictionary(i, 1) = p.dictionary(i, 0);
    p.dictionary(i, 3) = p.dictionary(i, 2) * (1 + 1e-6f);
    p.dictionary(i, 5) = 0;
    p.dictionary(i, 6) *= 30;
  }
  const auto [codes, info] = lasso<float>(Dictionary<float>(p.dictionary.view()), p.signals,
                                          {.lambda = 0.05, .tolerance = 1e-5});
  const Judge judge(p.dictionary.view(), {.lambda = 0.05});
  for (int j = 0; j < 30; ++j) {
    // Where rounding ends the descent first (single precision, an atom of norm 30), it is said.
    const SignalInfo& signal = info.signals[std::size_t(j)];
    EXPECT_EQ(signal.status, signal.relative_gap <= 1e-5 ? Status::converged : Status::stalled);
    EXPECT_LT(judge.relative_gap(p.signals.column(j), codes[j]), 2e-5);
    EXPECT_EQ(judge.dense(codes[j])[5], 0);
  }
}

}  // namespace
}  // namespace striate
