#include "striate/convolutional/pgm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "striate/convolutional/admm.h"
#include "striate/convolutional/cd.h"
#include "tests/problems/convolutional_problem.h"

namespace striate {
namespace {

using problems::random_bank;
using problems::waves;
using testing::HasSubstr;
using testing::ThrowsMessage;

PgmSettings at(double lambda, double tolerance = 1e-2) {
  PgmSettings settings;
  settings.lambda_relative = lambda;
  settings.tolerance = tolerance;
  return settings;
}

// 100 problems: from zero a step with a true bound L of the curvature lowers the objective by at least
// L/2 |x+|^2 (the lemma of the proximal step), and the curvature along any single atom is below L.
TEST(pgm, TheFirstStepDescends) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto taps = random_matrix<double>(12, 3, seed);
    const FilterBank<double> bank(taps.view(), 2, 3, 2);
    const auto values = random_matrix<double>(60, 1, seed + 500);
    const Image<double> image(ImageView<const double>(values.data(), 5, 6, 2));
    Image<double> omega(5, 6, 2);
    for (std::int64_t i = 0; i < 60; ++i) omega.data()[i] = std::abs(values(59 - i, 0));
    auto settings = at(0.2, 0);
    settings.boundary = static_cast<Boundary>(seed % 3);
    if (settings.boundary == Boundary::circular) settings.gradient_weight = 0.5 * double(seed % 4);
    settings.max_iterations = 1;
    const ConvolutionalInputs<double> inputs{.data_weights = omega};
    const auto step = pgm<double>(bank, image, settings, inputs);
    auto problem = detail::make_problem<double>("test", bank, image, settings, inputs, {});
    const double before =
        problems::judge(problem, ConvolutionalCodes<double>(problem.shape)).objective;
    double squares = 0;
    for (double x : step.codes.values()) squares += x * x;
    const double curvature = *std::ranges::max_element(bank.squared_norms()) *
                             *std::max_element(omega.data(), omega.data() + omega.size());
    EXPECT_GT(squares, 0);
    EXPECT_LE(step.info.objective, before - curvature / 2 * squares);
  }
}

// Two ways in frequency and in space to the same optimum, which both certify.
TEST(pgm, GradientsMeetAdmm) {
  const auto bank = random_bank<double>(4, 4, 4, 2);
  const auto image = waves<double>(14, 17, 2);
  for (bool positive : {false, true})
    for (double gamma : {0.05, 1.0}) {
      auto settings = at(0.05, 1e-6);
      settings.positive = positive;
      settings.gradient_weight = gamma;
      settings.max_iterations = 20000;
      settings.penalty_weights = {1, 2, 0.5, 1};
      const auto direct = pgm<double>(bank, image, settings).info;
      AdmmSettings other;
      static_cast<GradientWeightSettings&>(other) = settings;
      const auto split = admm<double>(bank, image, other).info;
      EXPECT_EQ(direct.status, Status::converged);
      EXPECT_EQ(split.status, Status::converged);
      EXPECT_NEAR(direct.objective, split.objective, 2e-6 * direct.objective);
      EXPECT_LE(direct.violation, 0.1);
      EXPECT_LE(split.violation, 0.1);
    }
  auto settings = at(0.1);
  settings.gradient_weight = 1;
  settings.boundary = Boundary::inside;
  EXPECT_THAT([&] { pgm<double>(bank, image, settings); },
              ThrowsMessage<Error>(HasSubstr(
                  "pgm: gradient_weight is 1 with boundary inside; it goes with circular only")));
  settings.gradient_weight = -1;
  EXPECT_THAT([&] { pgm<double>(bank, image, settings); },
              ThrowsMessage<Error>(HasSubstr("gradient_weight is -1")));
}

// A large gamma makes maps constant: one number per filter, and x = 0 but for filters with a mean.
TEST(pgm, ALargeGradientWeightLeavesConstantMaps) {
  const auto bank = random_bank<double>(2, 3);
  const auto image = waves<double>(6, 7);
  auto settings = at(0.01, 1e-5);
  settings.gradient_weight = 1000;
  settings.max_iterations = 50000;
  const auto result = pgm<double>(bank, image, settings);
  EXPECT_LE(result.info.relative_gap, 1e-5);
  const auto maps = result.codes.to_dense();
  for (std::int64_t k = 0; k < 2; ++k)
    for (double x : maps.column(k)) EXPECT_NEAR(x, maps(0, k), 0.005);
}

TEST(pgm, SinglePrecisionThreadsAndWarmStarts) {
  const auto bank = random_bank<float>(6, 5);
  const auto image = waves<float>(24, 21);
  const auto one = pgm<float>(bank, image, at(0.1, 1e-4), {}, {.threads = 1});
  const auto four = pgm<float>(bank, image, at(0.1, 1e-4), {}, {.threads = 4});
  EXPECT_EQ(one.info.status, Status::converged);
  EXPECT_EQ(one.codes, four.codes);
  EXPECT_EQ(one.info.objective, four.info.objective);
  const auto warm =
      pgm<float>(bank, image, at(0.1, 1e-4), {.initial = &one.codes, .dual = one.dual});
  EXPECT_LE(warm.info.iterations, 1);
}

TEST(pgm, ZeroFromLambdaMaxOnAndLimits) {
  const auto bank = random_bank<double>(4, 3);
  const auto image = waves<double>(12, 11);
  EXPECT_EQ(pgm<double>(bank, image, at(1, 1e-12)).codes.nonzeros(), 0);
  EXPECT_EQ(pgm<double>(bank, Image<double>(9, 9), at(0.1)).info.status, Status::converged);
  auto settings = at(0.001, 0);
  settings.max_iterations = 7;
  const auto limited = pgm<double>(bank, image, settings).info;
  EXPECT_EQ(limited.status, Status::iteration_limit);
  EXPECT_EQ(limited.trace.size(), 7U);
  settings.max_iterations = 1000000;
  EXPECT_EQ(pgm<double>(bank, image, settings, {}, {.max_seconds = 0.01}).info.status,
            Status::time_limit);
}

}  // namespace
}  // namespace striate
