#include "striate/solvers/threshold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/dictionaries/constructors.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

// D'y by plain loops.
Matrix<double> correlations(const Matrix<double>& atoms, const Matrix<double>& signals) {
  Matrix<double> b(atoms.columns(), signals.columns());
  for (std::int64_t j = 0; j < signals.columns(); ++j)
    for (std::int64_t k = 0; k < atoms.columns(); ++k)
      for (std::int64_t i = 0; i < atoms.rows(); ++i) b(k, j) += atoms(i, k) * signals(i, j);
  return b;
}

// Atoms of any norm: nothing is divided by it.
Planted<double> problem() {
  auto p = plant<double>({.rows = 20, .atoms = 36, .nonzeros = 5, .signals = 70, .noise = 0.1});
  for (int i = 0; i < 20; ++i) {
    p.dictionary(i, 3) *= 5;
    p.dictionary(i, 4) = p.dictionary(i, 3);
    p.dictionary(i, 7) = 0;
  }
  return p;
}

TEST(Threshold, IsTheFormula) {
  const auto p = problem();
  const Dictionary<double> dictionary(p.dictionary.view());
  const Matrix<double> b = correlations(p.dictionary, p.signals);
  std::vector<double> weights(36);
  for (std::size_t k = 0; k < 36; ++k) weights[k] = 0.1 * double(k % 5);
  const auto code = [&](const ThresholdSettings& settings) {
    const auto [codes, info] = threshold<double>(dictionary, p.signals, settings);
    EXPECT_TRUE(info.converged());
    return codes.to_dense();
  };
  const double lambda = 0.3;
  const auto soft = code({.lambda = lambda});
  const auto hard = code({.lambda = lambda, .activation = Activation::hard});
  const auto positive = code({.lambda = lambda, .positive = true});
  const auto weighted = code({.lambda = lambda, .penalty_weights = weights});
  const auto groups = code({.lambda = lambda, .activation = Activation::subspace, .group_size = 3});
  EXPECT_EQ(positive, code({.lambda = lambda, .activation = Activation::rectified}));
  EXPECT_EQ(groups, code({.lambda = lambda, .group_size = 3}));
  const auto hard_groups =
      code({.lambda = lambda, .activation = Activation::hard, .group_size = 3});
  for (int j = 0; j < 70; ++j)
    for (int k = 0; k < 36; ++k) {
      const double x = b(k, j), w = lambda * weights[std::size_t(k)];
      EXPECT_NEAR(soft(k, j), std::copysign(std::max(std::abs(x) - lambda, 0.0), x), 1e-13);
      EXPECT_NEAR(hard(k, j), std::abs(x) > lambda ? x : 0, 1e-13);
      EXPECT_NEAR(positive(k, j), std::max(x - lambda, 0.0), 1e-13);
      EXPECT_NEAR(weighted(k, j), std::copysign(std::max(std::abs(x) - w, 0.0), x), 1e-13);
      const int g = k - k % 3;
      const double norm = std::hypot(b(g, j), b(g + 1, j), b(g + 2, j));
      EXPECT_NEAR(groups(k, j), norm > lambda ? (1 - lambda / norm) * x : 0, 1e-13);
      EXPECT_NEAR(hard_groups(k, j), norm > lambda ? x : 0, 1e-13);
    }
}

TEST(Threshold, SaysTheTrueObjectiveAndGap) {
  const auto p = problem();
  const Dictionary<double> dictionary(p.dictionary.view());
  for (bool positive : {false, true})
    for (int size : {1, 2}) {
      const auto [codes, info] = threshold<double>(
          dictionary, p.signals, {.lambda = 0.3, .group_size = size, .positive = positive});
      const Judge judge(p.dictionary.view(),
                        {.lambda = 0.3, .group_size = size, .positive = positive});
      for (int j = 0; j < 70; ++j) {
        const SignalInfo& said = info.signals[std::size_t(j)];
        const auto y = p.signals.column(j);
        EXPECT_NEAR(said.objective, judge.objective(y, codes[j]), 1e-12 * said.objective);
        EXPECT_NEAR(said.relative_gap, judge.relative_gap(y, codes[j]), 1e-12);
        EXPECT_EQ(said.iterations, 0);
      }
    }
  // Hard: 1/2 |y - D z|^2 + lambda^2 / 2 per coefficient, and no gap.
  const auto [codes, info] =
      threshold<double>(dictionary, p.signals, {.lambda = 0.3, .activation = Activation::hard});
  const Judge judge(p.dictionary.view(), {});
  for (int j = 0; j < 70; ++j) {
    const SignalInfo& said = info.signals[std::size_t(j)];
    EXPECT_NEAR(
        said.objective,
        judge.objective(p.signals.column(j), codes[j]) + 0.045 * double(codes[j].nonzeros()),
        1e-12 * said.objective);
    EXPECT_TRUE(std::isnan(said.relative_gap));
  }
}

TEST(Threshold, IsTheLassoOfOrthonormalAtoms) {
  const auto atoms = random_atoms<double>(12, 12, 1, 12);
  const Matrix<double> signals = random_matrix<double>(12, 5, 2);
  const auto [codes, info] =
      threshold<double>(Dictionary<double>(atoms.view()), signals, {.lambda = 0.3});
  EXPECT_LT(info.worst_gap(), 1e-14);
}

TEST(Threshold, LambdaRelativeIsAFractionOfTheLargestCorrelation) {
  const auto p = problem();
  const Dictionary<double> dictionary(p.dictionary.view());
  const Matrix<double> b = correlations(p.dictionary, p.signals);
  const auto codes = threshold<double>(dictionary, p.signals, {.lambda_relative = 0.5}).codes;
  for (int j = 0; j < 70; ++j) {
    const Matrix<double> z = codes.slice(j, 1).to_dense();
    double largest = 0;
    for (double x : b.column(j)) largest = std::max(largest, std::abs(x));
    for (int k = 0; k < 36; ++k)
      EXPECT_NEAR(std::abs(z(k, 0)), std::max(std::abs(b(k, j)) - largest / 2, 0.0), 1e-13);
  }
}

TEST(Threshold, RefusesASubspaceOfOneAtom) {
  const auto p = problem();
  EXPECT_THAT(
      [&] {
        threshold<double>(Dictionary<double>(p.dictionary.view()), p.signals,
                          {.lambda = 1, .activation = Activation::subspace, .group_size = 1});
      },
      testing::ThrowsMessage<Error>(testing::HasSubstr("threshold: group_size is 1")));
}

}  // namespace
}  // namespace striate
