#include "striate/solvers/detail/penalized_problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "striate/penalties/any_penalty.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate::detail {
namespace {

// The gap of any code, good or bad, is primal minus the dual value of a feasible point.
TEST(Certify, AgreesWithTheJudgeOnArbitraryCodes) {
  const auto p = plant<double>({.rows = 10, .atoms = 12, .nonzeros = 6, .signals = 1, .noise = .2});
  const std::span<const double> y = p.signals.view().column(0);
  for (int size : {1, 2, 3})
    for (bool positive : {false, true})
      for (bool weighted : {false, true})
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
          std::vector<double> weights;
          if (weighted)
            for (int g = 0; g < 12 / size; ++g) weights.push_back(0.5 + 0.1 * g);
          const Judge judge(
              p.dictionary.view(),
              {.lambda = 0.3, .group_size = size, .positive = positive, .weights = weights});
          const Matrix<double> code = random_matrix<double>(12, 1, seed);
          std::vector<double> z(12), c = judge.gradient(y, z), r(y.begin(), y.end());
          for (std::size_t k = 0; k < 12; ++k) {
            z[k] = 0.3 * code(std::int64_t(k), 0) * (seed % 4);
            if (positive) z[k] = std::max(z[k], 0.0);
          }
          c = judge.gradient(y, z);
          for (double& x : c) x = -x;
          for (std::size_t i = 0; i < 10; ++i)
            for (std::size_t k = 0; k < 12; ++k)
              r[i] -= p.dictionary(std::int64_t(i), std::int64_t(k)) * z[k];
          Sums sums;
          for (double x : r) sums.residual += x * x;
          visit_penalty<double>(size, weights, positive, [&](const auto& penalty) {
            for (std::int64_t g = 0; g < 12 / size; ++g) {
              sums.add(penalty, g, &z[std::size_t(g * size)], &c[std::size_t(g * size)], 1.0);
              sums.squared_dual =
                  std::max(sums.squared_dual, penalty.squared_dual(g, &c[std::size_t(g * size)]));
            }
          });
          const Certificate now = certify(sums, 0.3, positive);
          EXPECT_NEAR(now.objective, judge.objective(y, z), 1e-12);
          EXPECT_NEAR(now.gap / now.objective, judge.relative_gap(y, z), 1e-10);
        }
}

TEST(Certify, HasASecondGapWhereThereIsAnL2Part) {
  const auto p = plant<double>({.rows = 10, .atoms = 12, .nonzeros = 6, .signals = 1, .noise = .2});
  const std::span<const double> y = p.signals.view().column(0);
  int better = 0;
  for (bool positive : {false, true})
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const JudgedPenalty penalty{.lambda = 0.3, .positive = positive, .l2 = 0.7};
      const Judge judge(p.dictionary.view(), penalty);
      const Matrix<double> code = random_matrix<double>(12, 1, seed);
      std::vector<double> z(12);
      for (std::size_t k = 0; k < 12; ++k) {
        z[k] = 0.02 * double(seed) * code(std::int64_t(k), 0);
        if (positive) z[k] = std::max(z[k], 0.0);
      }
      std::vector<double> h = judge.gradient(y, z), u(12), r(y.begin(), y.end());
      Sums sums;
      double squares = 0, shrunk = 0;
      visit_penalty<double>(1, {}, positive, [&](const auto& l1) {
        for (std::size_t k = 0; k < 12; ++k) {
          h[k] = -h[k];
          for (std::size_t i = 0; i < 10; ++i)
            r[i] -= p.dictionary(std::int64_t(i), std::int64_t(k)) * z[k];
          sums.add(l1, std::int64_t(k), &z[k], &h[k], 1.0);
          sums.squared_dual = std::max(sums.squared_dual, l1.squared_dual(0, &h[k]));
          u[k] = h[k] + 0.7 * z[k];
          l1.prox(0, 0.3, &u[k]);
          squares += z[k] * z[k];
          shrunk += u[k] * u[k];
        }
      });
      for (double x : r) sums.residual += x * x;
      sums.residual += 0.7 * squares;
      const Certificate scaled = certify(sums, 0.3, positive);
      const double unscaled = unscaled_gap(sums, 0.3, 0.7, squares, shrunk);
      better += unscaled < scaled.gap;
      EXPECT_NEAR(scaled.objective, judge.objective(y, z), 1e-12);
      EXPECT_NEAR(std::min(scaled.gap, unscaled) / scaled.objective, judge.relative_gap(y, z),
                  1e-10);
    }
  EXPECT_GT(better, 0);
  EXPECT_LT(better, 40);
}

TEST(ScaleOf, IsAPowerOfTwoAboveTheSignal) {
  const std::vector<double> y = {0.1, -3, 2};
  EXPECT_EQ(scale_of<double>(y).exponent, 2);
  std::vector<double> scaled(3);
  scale_by<double>(scale_of<double>(y), y, scaled);
  EXPECT_EQ(scaled[1], -0.75);
  EXPECT_EQ(scale_of<double>(std::vector<double>(3)).exponent, 0);
  EXPECT_EQ(scale_of<float>(std::vector{1e-40f}).exponent, -132);
  EXPECT_FALSE(scale_of<double>(std::vector{1.0, std::nan("")}).finite);
  EXPECT_FALSE(scale_of<double>(std::vector{1.0, -std::numeric_limits<double>::infinity()}).finite);
}

TEST(CheckProblem, SaysWhatIsWrong) {
  const auto refusal = [](PenalizedProblem problem, const char* text) {
    EXPECT_THAT([&] { check_problem("who", problem, 8, 12, 8); },
                testing::ThrowsMessage<Error>(
                    testing::AllOf(testing::StartsWith("who: "), testing::HasSubstr(text))));
  };
  refusal({}, "both missing");
  refusal({.lambda = 1, .lambda_relative = 1}, "both given");
  refusal({.lambda = 1, .group_size = 5}, "must divide the 12 atoms");
  const std::vector<double> weights(5, 1.0), zero(12, 0.0);
  refusal({.lambda = 1, .weights = weights}, "penalty_weights has 5 values; 12 are needed");
  refusal({.lambda_relative = 1, .weights = zero}, "penalty weight of 0");
  EXPECT_NO_THROW(check_problem("who", {.lambda = 1, .weights = zero}, 8, 12, 8));
  EXPECT_THAT([] { check_problem("who", {.lambda = 1}, 8, 12, 9); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("signals have 9 rows")));
}

}  // namespace
}  // namespace striate::detail
