#include "tests/problems/judge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/problems/plant.h"

namespace striate {
namespace {

using Vector = std::vector<double>;

// An orthonormal dictionary has closed-form answers.
Matrix<double> identity(std::int64_t size) {
  Matrix<double> matrix(size, size);
  for (std::int64_t i = 0; i < size; ++i) matrix(i, i) = 1;
  return matrix;
}

double soft(double x, double t) { return std::copysign(std::max(std::abs(x) - t, 0.0), x); }

TEST(Judge, ObjectiveByHand) {
  Matrix<double> D(2, 2);
  D(0, 0) = 1;
  D(0, 1) = 2;
  D(1, 1) = 3;
  const Judge judge(D.view(), {.lambda = 0.5, .weights = {2, 3}});
  // r = (5, 7) - (1*1 + 2*(-2), 3*(-2)) = (8, 13)
  EXPECT_DOUBLE_EQ(judge.objective(Vector{5, 7}, Vector{1, -2}),
                   (64 + 169) / 2.0 + 0.5 * (2 * 1 + 3 * 2));
  EXPECT_EQ(judge.gradient(Vector{5, 7}, Vector{1, -2}), (Vector{-8, -16 - 39}));
  const Judge pairs(D.view(), {.lambda = 0.5, .group_size = 2});
  EXPECT_DOUBLE_EQ(pairs.objective(Vector{5, 7}, Vector{3, -4}),
                   (10 * 10 + 19 * 19) / 2.0 + 0.5 * 5);
  const Judge positive(D.view(), {.lambda = 0.5, .positive = true});
  EXPECT_EQ(positive.objective(Vector{5, 7}, Vector{1, -2}),
            std::numeric_limits<double>::infinity());
}

TEST(Judge, GradientMatchesDifferences) {
  const auto p = plant({.rows = 9, .atoms = 12, .nonzeros = 3, .signals = 1, .seed = 3});
  const Judge judge(p.dictionary.view(), {.lambda = 0});
  const auto y = Judge::doubles(p.signals.column(0));
  Vector z(12, 0.25);
  const Vector gradient = judge.gradient(y, z);
  const double h = 1e-5;  // the fit is quadratic: central differences are exact but for rounding
  for (std::size_t k = 0; k < z.size(); ++k) {
    Vector up = z, down = z;
    up[k] += h;
    down[k] -= h;
    EXPECT_NEAR(gradient[k], (judge.objective(y, up) - judge.objective(y, down)) / (2 * h), 1e-9);
  }
}

TEST(Judge, SoftThresholdIsOptimalForAnOrthonormalDictionary) {
  const Vector y{3, -0.2, 0.7, -1.5, 0}, weights{1, 1, 2, 0, 1};
  const double lambda = 0.5;
  const Judge judge(identity(5).view(), {.lambda = lambda, .weights = weights});
  Vector z;
  for (std::size_t k = 0; k < 5; ++k) z.push_back(soft(y[k], lambda * weights[k]));
  EXPECT_LT(judge.distance_to_subdifferential(y, z), 1e-15);
  EXPECT_LT(judge.relative_gap(y, z), 1e-15);

  Vector off = z;
  off[0] += 0.01;  // the subgradient moves by as much
  EXPECT_NEAR(judge.distance_to_subdifferential(y, off), 0.01, 1e-12);
  EXPECT_GT(judge.relative_gap(y, off), 0);
  off = z;
  off[1] = 1e-9;  // a coefficient that should be zero has the subgradient c - lambda sign(z)
  EXPECT_NEAR(judge.distance_to_subdifferential(y, off), 0.7, 1e-8);
}

TEST(Judge, PositiveSoftThreshold) {
  const Vector y{3, -2, 0.2}, z{2.5, 0, 0};
  const Judge judge(identity(3).view(), {.lambda = 0.5, .positive = true});
  EXPECT_LT(judge.distance_to_subdifferential(y, z), 1e-15);
  EXPECT_LT(judge.relative_gap(y, z), 1e-15);
  EXPECT_EQ(judge.relative_gap(y, Vector{2.5, -1.5, 0}), std::numeric_limits<double>::infinity());
  // A signal that no positive code can help: zero is optimal, the dual constraint is empty.
  EXPECT_LT(judge.relative_gap(Vector{-1, -2, -3}, Vector{0, 0, 0}), 1e-15);
  EXPECT_EQ(judge.distance_to_subdifferential(Vector{-1, -2, -3}, Vector{0, 0, 0}), 0);
  const Judge free(identity(3).view(), {.lambda = 0.5});
  EXPECT_GT(free.relative_gap(Vector{-1, -2, -3}, Vector{0, 0, 0}), 0.1);
}

TEST(Judge, GroupShrinkage) {
  const Vector y{3, 4, 0.3, -0.4};  // norms 5 and 0.5
  const Judge judge(identity(4).view(), {.lambda = 1, .group_size = 2});
  const Vector z{3 * 0.8, 4 * 0.8, 0, 0};  // (1 - 1/5) y
  EXPECT_LT(judge.distance_to_subdifferential(y, z), 1e-15);
  EXPECT_LT(judge.relative_gap(y, z), 1e-15);
  const Vector lasso{2, 3, 0, 0};
  EXPECT_GT(judge.distance_to_subdifferential(y, lasso), 0.1);
  EXPECT_GT(judge.relative_gap(y, lasso), 1e-4);
  // Positive groups: the negative part is cut before the shrinkage.
  const Judge positive(identity(4).view(), {.lambda = 1, .group_size = 2, .positive = true});
  EXPECT_LT(positive.relative_gap(Vector{4, -3, 0, 0}, Vector{3, 0, 0, 0}), 1e-15);
  EXPECT_LT(positive.distance_to_subdifferential(Vector{4, -3, 0, 0}, Vector{3, 0, 0, 0}), 1e-15);
}

TEST(Judge, LambdaMaxIsWhereTheCodeBecomesZero) {
  const auto p = plant({.rows = 8, .atoms = 12, .nonzeros = 4, .signals = 1, .group_size = 2});
  const auto y = Judge::doubles(p.signals.column(0));
  const Vector zero(12);
  for (const JudgedPenalty& penalty :
       {JudgedPenalty{}, JudgedPenalty{.group_size = 2}, JudgedPenalty{.positive = true},
        JudgedPenalty{.group_size = 3, .weights = {1, 2, 3, 4}}, JudgedPenalty{.l2 = 0.3},
        JudgedPenalty{.group_size = 3, .weights = {1, 2, 0, 4}, .l1_share = 0.7}}) {
    JudgedPenalty at = penalty;
    const double most = Judge(p.dictionary.view(), at).lambda_max(std::span<const double>(y));
    at.lambda = most * (1 + 1e-12);
    EXPECT_EQ(Judge(p.dictionary.view(), at).distance_to_subdifferential(y, zero), 0);
    at.lambda = most * 0.99;
    EXPECT_GT(Judge(p.dictionary.view(), at).distance_to_subdifferential(y, zero), 0);
  }
}

TEST(Judge, AddsTheSquareOfTheCodeAndTheShareOfTheMagnitudes) {
  const Vector y{3, 4, 0.3, -0.4}, z{1, -2, 0, 0.5};
  const double fit = (4 + 36 + 0.09 + 0.81) / 2;
  EXPECT_DOUBLE_EQ(Judge(identity(4).view(), {.lambda = 2, .l2 = 3}).objective(y, z),
                   fit + 2 * 3.5 + 1.5 * 5.25);
  EXPECT_DOUBLE_EQ(
      Judge(identity(4).view(), {.lambda = 2, .group_size = 2, .weights = {1, 3}, .l1_share = 0.25})
          .objective(y, z),
      fit + 0.5 * 3.5 + 1.5 * (std::sqrt(5.0) + 1.5));
  // Orthonormal atoms: S(y, lambda) / (1 + l2); and a group shrunk after its elements.
  const Judge ridge(identity(4).view(), {.lambda = 1, .l2 = 1});
  EXPECT_LT(ridge.distance_to_subdifferential(y, Vector{1, 1.5, 0, 0}), 1e-14);
  EXPECT_LT(ridge.relative_gap(y, Vector{1, 1.5, 0, 0}), 1e-14);
  const Judge both(identity(4).view(), {.lambda = 2, .group_size = 2, .l1_share = 0.5});
  const Vector shrunk{2 - 2 / std::sqrt(13.0), 3 - 3 / std::sqrt(13.0), 0, 0};
  EXPECT_LT(both.distance_to_subdifferential(y, shrunk), 1e-14);
  EXPECT_LT(both.relative_gap(y, shrunk), 1e-14);
}

// The gap must bound the true distance to the optimum: brute force on a fine grid in two
// dimensions.
TEST(Judge, GapBoundsTheDistanceToTheMinimum) {
  Matrix<double> D(3, 2);
  const double atoms[] = {1, 0.2, -0.3, 0.6, 0.5, 0.4};
  std::copy(std::begin(atoms), std::end(atoms), D.data());
  const Vector y{1, 0.5, -0.7};
  for (const JudgedPenalty& penalty :
       {JudgedPenalty{.lambda = 0.2}, JudgedPenalty{.lambda = 0.2, .group_size = 2},
        JudgedPenalty{.lambda = 0.2, .positive = true},
        JudgedPenalty{.lambda = 0.2, .weights = {1, 0.3}},
        JudgedPenalty{.lambda = 0.2, .weights = {1, 0}},
        JudgedPenalty{.lambda = 0.2, .group_size = 2, .positive = true},
        JudgedPenalty{.lambda = 0.2, .l2 = 0.5},
        JudgedPenalty{.lambda = 0.2, .weights = {1, 0}, .l2 = 0.5},
        JudgedPenalty{.lambda = 0.2, .group_size = 2, .l1_share = 0.4},
        JudgedPenalty{.lambda = 0.2, .group_size = 2, .positive = true, .l2 = 0.1, .l1_share = 0.4},
        JudgedPenalty{.lambda = 0.2, .group_size = 2, .weights = {0}, .l1_share = 0.6}}) {
    const Judge judge(D.view(), penalty);
    double best = std::numeric_limits<double>::infinity();
    Vector minimiser;
    for (int a = -400; a <= 400; ++a)
      for (int b = -400; b <= 400; ++b) {
        const Vector z{a * 0.005, b * 0.005};
        if (const double value = judge.objective(y, z); value < best) {
          best = value;
          minimiser = z;
        }
      }
    for (const Vector& z : {Vector{0, 0}, Vector{1, 0}, Vector{0.3, 0.4}, Vector{0.9, 0.1}}) {
      const double primal = judge.objective(y, z);
      EXPECT_GE(judge.relative_gap(y, z) * primal, primal - best - 1e-12);
      EXPECT_LE(judge.relative_gap(y, z), 1 + 1e-12);
    }
    EXPECT_LT(judge.relative_gap(y, minimiser), 0.02);  // the grid's step leaves a little
  }
}

TEST(Judge, ZeroSignal) {
  const Judge judge(identity(2).view(), {.lambda = 1});
  EXPECT_EQ(judge.relative_gap(Vector{0, 0}, Vector{0, 0}), 0);
  EXPECT_EQ(judge.lambda_max(std::span<const double>(Vector{0, 0})), 0);
}

TEST(Judge, TakesSparseCodesOfEitherPrecision) {
  const auto p = plant<float>({.rows = 8, .atoms = 12, .nonzeros = 2, .signals = 3, .seed = 5});
  const Judge judge(p.dictionary.view(), {.lambda = 0.1});
  double penalty = 0;
  for (float value : p.codes[1].values) penalty += 0.1 * std::abs(static_cast<double>(value));
  // The planted code explains its signal but for the rounding of eight floats.
  EXPECT_NEAR(judge.objective(p.signals.column(1), p.codes[1]), penalty, 1e-12);
}

TEST(Judge, RefusesShapesThatDoNotFit) {
  EXPECT_THROW(Judge(identity(4).view(), {.group_size = 3}), Error);
  EXPECT_THROW(Judge(identity(4).view(), {.weights = {1, 2}}), Error);
  const Judge judge(identity(4).view(), {});
  EXPECT_THROW(judge.objective(Vector{1, 2}, Vector{0, 0, 0, 0}), Error);
}

}  // namespace
}  // namespace striate
