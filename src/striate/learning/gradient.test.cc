#include "striate/learning/gradient.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/dictionaries/constructors.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

// mean 1/2 |y - D z|^2 + mu * orthogonality, by plain loops.
double objective(const Matrix<double>& d, const Matrix<double>& y, const SparseCodes<double>& codes,
                 double mu, int group_size) {
  const auto z = codes.to_dense();
  double sum = 0;
  for (std::int64_t j = 0; j < y.columns(); ++j)
    for (std::int64_t i = 0; i < y.rows(); ++i) {
      double r = y(i, j);
      for (std::int64_t k = 0; k < d.columns(); ++k) r -= d(i, k) * z(k, j);
      sum += r * r / 2;
    }
  sum /= static_cast<double>(y.columns());
  double deviation = 0;
  for (std::int64_t p = 0; p < d.columns(); p += group_size)
    for (std::int64_t i = p; i < p + group_size; ++i)
      for (std::int64_t j = p; j < p + group_size; ++j) {
        double g = i == j ? -1 : 0;
        for (std::int64_t r = 0; r < d.rows(); ++r) g += d(r, i) * d(r, j);
        deviation += std::abs(g);
      }
  return sum + mu * deviation;
}

// Central differences of a function that is quadratic near D, but for |x|, whose corners are far
// from random atoms: exact but for rounding, about 1e-16 * objective / h = 1e-9.
TEST(Gradient, AgreesWithFiniteDifferences) {
  const double h = 1e-5, mu = 0.1;
  for (int s : {2, 3}) {
    const auto p = plant<double>({.rows = 10,
                                  .atoms = 12,
                                  .nonzeros = s,
                                  .signals = 15,
                                  .group_size = s,
                                  .noise = 0.3,
                                  .seed = 2});
    auto d = random_matrix<double>(10, 12, 9);  // atoms of any norm
    const auto fit = fit_gradient<double>(d, p.signals, p.codes);
    const auto deviation = orthogonality_gradient(d, s);
    EXPECT_NEAR(objective(d, p.signals, p.codes, mu, s) - objective(d, p.signals, p.codes, 0, s),
                mu * orthogonality(d, s), 1e-12);
    for (std::int64_t k = 0; k < 12; ++k)
      for (std::int64_t i = 0; i < 10; ++i) {
        const double x = d(i, k);
        d(i, k) = x + h;
        const double up = objective(d, p.signals, p.codes, mu, s);
        d(i, k) = x - h;
        const double down = objective(d, p.signals, p.codes, mu, s);
        d(i, k) = x;
        EXPECT_NEAR((up - down) / (2 * h), fit(i, k) + mu * deviation(i, k), 1e-7);
      }
  }
}

TEST(Gradient, OrthogonalityOfOrthonormalGroupsIsZero) {
  EXPECT_NEAR(orthogonality(random_atoms<double>(16, 12, 1, 3), 3), 0, 1e-13);
  Matrix<double> pair(2, 2);
  pair(0, 0) = 1;
  pair(0, 1) = 0.6;
  pair(1, 1) = 0.8;
  EXPECT_NEAR(orthogonality(pair, 2), 1.2, 1e-15);  // the entry 0.6 counts in both corners
  EXPECT_THROW(orthogonality(random_atoms<double>(16, 12, 1), 5), Error);
}

LearnSettings pairs(StepRule rule, double step) {
  return {.method = LearningMethod::gradient,
          .coder = Coder::group_lasso,
          .lambda = 0.1,
          .mu = 0.05,
          .tolerance = 1e-10,
          .replace = Replace::none,
          .gradient = {.step_rule = rule, .step_size = step}};
}

// The plain rule is equation 2: one step along the negative gradient, then unit norms.
TEST(GradientLearner, PlainStepIsTheFormula) {
  const auto y = random_matrix<double>(10, 30, 3);
  const auto start = random_atoms<double>(10, 12, 7);
  const LearnSettings settings = pairs(StepRule::plain, 0.3);
  GradientLearner<double> learner(settings, start);
  const auto codes = detail::encode_batch<double>(settings, *settings.lambda,
                                                  Dictionary<double>(learner.atoms()), y, {})
                         .codes;
  const auto fit = fit_gradient<double>(learner.atoms(), y, codes);
  auto expected = learner.atoms();
  const auto deviation = orthogonality_gradient(expected, 2);
  for (std::int64_t k = 0; k < 12; ++k) {
    // The diagonal of the deviation, +-2 d_k, only changes the length for unit atoms: left out.
    double square = 0;
    double c = 0;
    for (std::int64_t i = 0; i < 10; ++i) c += learner.atoms()(i, k) * learner.atoms()(i, k ^ 1);
    for (std::int64_t i = 0; i < 10; ++i) {
      expected(i, k) -= 0.3 * (fit(i, k) + 0.05 * 2 * (c > 0 ? 1 : -1) * learner.atoms()(i, k ^ 1));
      square += expected(i, k) * expected(i, k);
    }
    for (double& x : expected.column(k)) x /= std::sqrt(square);
  }
  learner.step(y);
  for (std::int64_t k = 0; k < 12; ++k)
    for (std::int64_t i = 0; i < 10; ++i) EXPECT_NEAR(learner.atoms()(i, k), expected(i, k), 1e-12);
}

// With small steps on one and the same batch the full objective falls, step after step. The plain
// rule takes mu = 0: its pull has the same size however near a pair is to orthogonal, so that the
// last digits of |d1'd2| hop to and fro.
TEST(GradientLearner, LowersTheObjective) {
  const auto p = plant<double>(
      {.rows = 16, .atoms = 24, .nonzeros = 4, .signals = 200, .group_size = 2, .seed = 5});
  for (StepRule rule : {StepRule::plain, StepRule::curvature}) {
    LearnSettings settings = pairs(rule, rule == StepRule::plain ? 0.5 : 0.1);
    if (rule == StepRule::plain) settings.mu = 0;
    GradientLearner<double> learner(settings, random_atoms<double>(16, 24, 7, 2));
    double first = 0, before = 1e300;
    for (int t = 0; t < 40; ++t) {
      const double penalty = settings.mu * orthogonality(learner.atoms(), 2);
      const double now = learner.step(p.signals).objective + penalty;
      EXPECT_LT(now, before * (1 + 1e-6));
      before = now;
      if (t == 0) first = now;
    }
    EXPECT_LT(before, 0.9 * first);
  }
}

TEST(GradientLearner, MuHoldsPairsOrthogonal) {
  const auto p = plant<double>(
      {.rows = 16, .atoms = 24, .nonzeros = 4, .signals = 200, .group_size = 2, .seed = 5});
  const auto worst = [&](double mu) {
    LearnSettings settings = pairs(StepRule::curvature, 0.3);
    settings.mu = mu;
    GradientLearner<double> learner(settings, random_atoms<double>(16, 24, 7));
    for (int t = 0; t < 60; ++t) learner.step(p.signals);
    double most = 0;
    for (std::int64_t k = 0; k < 24; k += 2) {
      double c = 0;
      for (std::int64_t i = 0; i < 16; ++i) c += learner.atoms()(i, k) * learner.atoms()(i, k + 1);
      most = std::max(most, std::abs(c));
    }
    return most;
  };
  EXPECT_LT(worst(1), 1e-3);
  EXPECT_GT(worst(0), 0.1);
}

// The procedure of the two-layer paper as it is printed: codes by plain gradient descent with a
// cut-off, a plain step of the atoms with the pull of mu, pairs, lambda = mu. The full objective,
// recomputed by plain loops, falls to well below where it began, and pairs become orthogonal.
TEST(GradientLearner, FollowsThePrintedProcedureOfTheTwoLayerPaper) {
  const auto p = plant<double>(
      {.rows = 16, .atoms = 24, .nonzeros = 4, .signals = 200, .group_size = 2, .seed = 5});
  LearnSettings settings = pairs(StepRule::plain, 0.2);
  settings.coder = Coder::gradient_descent;
  settings.group_size = 2;
  settings.lambda = settings.mu = 0.1;
  GradientLearner<double> learner(settings, random_atoms<double>(16, 24, 7));
  const auto now = [&] {
    const auto codes = detail::encode_batch<double>(
                           settings, 0.1, Dictionary<double>(learner.atoms()), p.signals, {})
                           .codes;
    const auto z = codes.to_dense();
    double penalty = 0;
    for (std::int64_t j = 0; j < 200; ++j)
      for (std::int64_t k = 0; k < 24; k += 2) penalty += std::hypot(z(k, j), z(k + 1, j));
    return objective(learner.atoms(), p.signals, codes, 0.1, 2) + 0.1 * penalty / 200;
  };
  double before = now();
  const double first = before;
  for (int round = 0; round < 3; ++round) {
    for (int t = 0; t < 30; ++t) learner.step(p.signals);
    EXPECT_LT(now(), before);
    before = now();
  }
  EXPECT_LT(before, 0.6 * first);
}

TEST(GradientLearner, EmptyCodesChangeNothing) {
  LearnSettings settings = pairs(StepRule::curvature, 0.3);
  settings.lambda = 1e6;
  settings.mu = 0;
  GradientLearner<double> learner(settings, random_atoms<double>(16, 24, 7, 2));
  const auto before = learner.atoms();
  const StepInfo info = learner.step(random_matrix<double>(16, 30, 1));
  EXPECT_EQ(learner.atoms(), before);
  EXPECT_EQ(info.nonzeros, 0);
}

}  // namespace
}  // namespace striate
