#include "striate/solvers/gradient_descent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/dictionaries/constructors.h"
#include "striate/solvers/group_lasso.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

Planted<double> problem(int group_size) {
  return plant<double>({.rows = 20,
                        .atoms = 36,
                        .nonzeros = 6,
                        .signals = 7,
                        .group_size = group_size,
                        .noise = 0.05,
                        .seed = 3});
}

// Codes without the cut, by plain loops with this eta, in the form that has no case at zero: the
// subgradient is (1/eta) (v - prox(v)) at v = eta c where z_g = 0.
Matrix<double> by_hand(const Planted<double>& p, const GradientDescentSettings& s, double eta) {
  const std::int64_t m = p.dictionary.rows(), n = p.dictionary.columns(), size = s.group_size;
  Matrix<double> z(n, p.signals.columns());
  for (std::int64_t j = 0; j < z.columns(); ++j)
    for (int step = 0; step < s.descent_steps; ++step) {
      std::vector<double> c(static_cast<std::size_t>(n));
      for (std::int64_t i = 0; i < m; ++i) {
        double r = p.signals(i, j);
        for (std::int64_t k = 0; k < n; ++k) r -= p.dictionary(i, k) * z(k, j);
        for (std::int64_t k = 0; k < n; ++k)
          c[static_cast<std::size_t>(k)] += p.dictionary(i, k) * r;
      }
      for (std::int64_t g = 0; g < n / size; ++g) {
        const double limit =
            s.lambda[j] *
            (s.penalty_weights.empty() ? 1 : s.penalty_weights[static_cast<std::size_t>(g)]);
        double norm = 0, force = 0;
        for (std::int64_t k = g * size; k < (g + 1) * size; ++k) {
          const double up = c[static_cast<std::size_t>(k)];
          norm += z(k, j) * z(k, j);
          force += s.positive ? std::max(up, 0.0) * std::max(up, 0.0) : up * up;
        }
        norm = std::sqrt(norm);
        force = std::sqrt(force);
        for (std::int64_t k = g * size; k < (g + 1) * size; ++k) {
          double up = c[static_cast<std::size_t>(k)];
          if (norm > 0) up -= limit * z(k, j) / norm;
          else if (s.positive) up = std::max(up, 0.0) * std::max(0.0, 1 - limit / force);
          else up *= std::max(0.0, 1 - limit / force);
          z(k, j) += eta * up;
          if (s.positive) z(k, j) = std::max(z(k, j), 0.0);
        }
      }
    }
  return z;
}

// 1 / L as the solver estimates it: orthonormal atoms times 2, so that one step from zero gives
// z = eta S(c, lambda).
double inverse_of_l(const Planted<double>& p) {
  GradientDescentSettings one{.lambda = 1e-9, .descent_steps = 1, .cut_off = 0};
  const auto z =
      gradient_descent<double>(Dictionary<double>(p.dictionary), p.signals, one).codes.to_dense();
  double c = 0;
  for (std::int64_t i = 0; i < p.dictionary.rows(); ++i) c += p.dictionary(i, 0) * p.signals(i, 0);
  return z(0, 0) / (c - std::copysign(1e-9, c));
}

TEST(GradientDescent, TakesTheStepsThatItSays) {
  for (int size : {1, 2, 3})
    for (bool positive : {false, true})
      for (bool weighted : {false, true}) {
        const auto p = problem(size);
        GradientDescentSettings s{.lambda = {0.1, 0.2, 0.3, 0.05, 0.1, 0.15, 5},
                                  .group_size = size,
                                  .descent_steps = 37,
                                  .descent_rate = 0.8,
                                  .cut_off = 0,
                                  .positive = positive};
        if (weighted)
          for (int g = 0; g < 36 / size; ++g) s.penalty_weights.push_back(0.5 + 0.1 * (g % 9));
        const double inverse = inverse_of_l(p);
        EXPECT_GT(1 / inverse, 1.8);  // 36 unit atoms in 20 dimensions: L is at least 36 / 20
        EXPECT_LT(1 / inverse, 38);   // and at most their number, estimated 5 % high
        const auto [codes, info] =
            gradient_descent<double>(Dictionary<double>(p.dictionary), p.signals, s);
        EXPECT_TRUE(info.converged());
        const auto expected = by_hand(p, s, 0.8 * inverse);
        const auto z = codes.to_dense();
        for (std::size_t i = 0; i < z.size(); ++i)
          EXPECT_NEAR(z.data()[i], expected.data()[i], 1e-9) << size << positive << weighted;
        for (std::int64_t j = 0; j < 7; ++j) {
          EXPECT_EQ(info.signals[static_cast<std::size_t>(j)].iterations, 37);
          const Judge judge(p.dictionary.view(), {.lambda = s.lambda[j],
                                                  .group_size = size,
                                                  .positive = positive,
                                                  .weights = s.penalty_weights});
          const auto& said = info.signals[static_cast<std::size_t>(j)];
          const auto y = p.signals.view().column(j);
          EXPECT_NEAR(said.objective, judge.objective(y, codes[j]), 1e-11);
          EXPECT_NEAR(said.relative_gap, judge.relative_gap(y, codes[j]), 1e-9);
        }
      }
}

// |z - z*|^2 after a step is at most what it was, less 2 eta (P(z) - P*), plus eta^2 |subgradient|^2;
// the best of many steps is within eta |subgradient|^2 / 2 of P*, and smaller steps come nearer. The
// cut leaves the support of the minimum and a code hardly dearer.
TEST(GradientDescent, ShorterStepsComeNearerAndTheCutRestoresZeros) {
  for (int size : {1, 2}) {
    const auto p = problem(size);
    const Dictionary<double> d(p.dictionary);
    const auto best =
        group_lasso<double>(d, p.signals, {.lambda = 0.1, .group_size = size, .tolerance = 1e-13});
    double before = 1;
    for (double rate : {1.0, 0.1, 0.01}) {
      GradientDescentSettings s{.lambda = 0.1,
                                .group_size = size,
                                .descent_steps = static_cast<int>(500 / rate),
                                .descent_rate = rate,
                                .cut_off = 0};
      const auto loose = gradient_descent<double>(d, p.signals, s);
      const double above = loose.info.objective() / best.info.objective() - 1;
      EXPECT_GE(above, -1e-12);
      EXPECT_LT(above, before / 4);
      before = above;
      s.cut_off = 2;
      const auto cut = gradient_descent<double>(d, p.signals, s);
      EXPECT_LT(cut.codes.nonzeros(), loose.codes.nonzeros());
      EXPECT_LE(cut.info.objective() / best.info.objective() - 1, 0.05 * rate);
      if (rate == 0.01) {
        EXPECT_EQ(cut.codes.nonzeros(), best.codes.nonzeros());
      }
    }
  }
}

TEST(GradientDescent, IsZeroFromLambdaMaxOnAndGoesOnFromGivenCodes) {
  const auto p = problem(1);
  const Dictionary<double> d(p.dictionary);
  EXPECT_EQ(gradient_descent<double>(d, p.signals, {.lambda_relative = 1.0001}).codes.nonzeros(),
            0);
  GradientDescentSettings s{.lambda = 0.1, .descent_steps = 20, .cut_off = 0};
  const auto half = gradient_descent<double>(d, p.signals, s);
  const auto again = gradient_descent<double>(d, p.signals, s, &half.codes).codes.to_dense();
  s.descent_steps = 40;
  const auto whole = gradient_descent<double>(d, p.signals, s).codes.to_dense();
  for (std::size_t i = 0; i < whole.size(); ++i)
    EXPECT_NEAR(again.data()[i], whole.data()[i], 1e-12);
}

TEST(GradientDescent, RefusesStepsThatDiverge) {
  const auto p = problem(1);
  const Dictionary<double> d(p.dictionary);
  EXPECT_THAT([&] { gradient_descent<double>(d, p.signals, {.lambda = 1, .descent_rate = 2}); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("descent_rate")));
}

}  // namespace
}  // namespace striate
