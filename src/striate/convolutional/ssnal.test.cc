#include "striate/convolutional/ssnal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/convolutional/admm.h"
#include "tests/problems/convolutional_problem.h"

namespace striate {
namespace {

using problems::uneven_bank;
using problems::waves;
using testing::HasSubstr;
using testing::ThrowsMessage;

SsnalSettings at(double lambda, double tolerance = 1e-2) {
  SsnalSettings settings;
  settings.lambda_relative = lambda;
  settings.tolerance = tolerance;
  return settings;
}

// Another way to the same optimum, which both certify to 1e-6.
TEST(ssnal, MeetsAdmm) {
  const auto bank = uneven_bank<double>(6, 4);
  const auto image = waves<double>(26, 29);
  for (auto boundary : {Boundary::circular, Boundary::inside})
    for (bool positive : {false, true}) {
      auto settings = at(0.1, 1e-6);
      settings.boundary = boundary;
      settings.positive = positive;
      settings.penalty_weights = {1, 1, 0.5, 1, 2, 1};
      const auto newton = ssnal<double>(bank, image, settings);
      EXPECT_EQ(newton.info.status, Status::converged);
      EXPECT_LE(newton.info.relative_gap, 1e-6);
      for (double x : newton.codes.values()) ASSERT_TRUE(x >= 0 || !positive);
      AdmmSettings other;
      static_cast<ConvolutionalSettings&>(other) = settings;
      other.max_iterations = 20000;
      const auto admm_result = admm<double>(bank, image, other);
      EXPECT_EQ(admm_result.info.status, Status::converged);
      EXPECT_NEAR(newton.info.objective, admm_result.info.objective,
                  2e-6 * admm_result.info.objective);
      // The dual image proves the gap by itself.
      const auto problem = detail::make_problem<double>("test", bank, image, settings, {}, {});
      const double bound = dual_bound<double>(problem, newton.dual, {});
      EXPECT_GE(bound, newton.info.objective * (1 - 1.0001e-6));
    }
}

TEST(ssnal, LinearBoundaryColourAndOddSizes) {
  auto settings = at(0.15, 1e-5);
  settings.boundary = Boundary::linear;
  EXPECT_LE(
      ssnal<double>(uneven_bank<double>(5, 5), waves<double>(17, 13), settings).info.relative_gap,
      1e-5);
  EXPECT_LE(
      ssnal<double>(uneven_bank<double>(3, 6), waves<double>(4, 5), settings).info.relative_gap,
      1e-5);  // filters larger than the image
  EXPECT_LE(ssnal<double>(uneven_bank<double>(5, 3, 3), waves<double>(11, 12, 3), at(0.1, 1e-5))
                .info.relative_gap,
            1e-5);
  EXPECT_LE(ssnal<double>(uneven_bank<double>(1, 1), waves<double>(1, 1), at(0.5, 1e-9))
                .info.relative_gap,
            1e-9);
}

TEST(ssnal, SinglePrecisionAndThreads) {
  const auto bank = uneven_bank<float>(12, 5);
  const auto image = waves<float>(40, 37);
  const auto one = ssnal<float>(bank, image, at(0.05, 1e-4), {}, {.threads = 1});
  const auto four = ssnal<float>(bank, image, at(0.05, 1e-4), {}, {.threads = 4});
  EXPECT_EQ(one.info.status, Status::converged);
  EXPECT_EQ(one.codes, four.codes);
  EXPECT_EQ(one.info.objective, four.info.objective);
}

TEST(ssnal, GoesOnFromAnother) {
  const auto bank = uneven_bank<double>(6, 4);
  const auto image = waves<double>(30, 30);
  const auto first = ssnal<double>(bank, image, at(0.05, 1e-3));
  const auto cold = ssnal<double>(bank, image, at(0.05, 1e-5));
  const auto warm =
      ssnal<double>(bank, image, at(0.05, 1e-5), {.initial = &first.codes, .dual = first.dual});
  EXPECT_EQ(warm.info.status, Status::converged);
  EXPECT_LT(warm.info.iterations, cold.info.iterations);
  EXPECT_THAT(
      [&] { ssnal<double>(bank, waves<double>(30, 29), at(0.05), {.initial = &first.codes}); },
      ThrowsMessage<Error>(HasSubstr("initial is a code of other maps")));
}

TEST(ssnal, ZeroFromLambdaMaxOnAndStops) {
  const auto bank = uneven_bank<double>(4, 3);
  const auto image = waves<double>(12, 11);
  const auto zero = ssnal<double>(bank, image, at(1, 1e-12));
  EXPECT_EQ(zero.codes.nonzeros(), 0);
  EXPECT_EQ(zero.info.status, Status::converged);
  EXPECT_EQ(ssnal<double>(bank, Image<double>(9, 9), at(0.1)).info.status, Status::converged);
  auto settings = at(0.001, 0);
  settings.max_iterations = 3;
  const auto limited = ssnal<double>(bank, image, settings);
  EXPECT_EQ(limited.info.status, Status::iteration_limit);
  EXPECT_EQ(limited.info.iterations, 3);
  settings.max_iterations = 500;  // a gap of 0 that rounding forbids: an end all the same
  EXPECT_LE(ssnal<double>(bank, image, settings).info.iterations, 500);
  settings.max_iterations = 100000;
  EXPECT_EQ(ssnal<double>(bank, image, settings, {}, {.max_seconds = 1e-9}).info.status,
            Status::time_limit);
}

TEST(ssnal, RefusesByName) {
  const auto bank = uneven_bank<double>(4, 3);
  EXPECT_THAT(
      [&] { ssnal<double>(bank, waves<double>(12, 11), {}); },
      ThrowsMessage<Error>(HasSubstr("ssnal: lambda and lambda_relative are both missing")));
  EXPECT_THAT([&] { ssnal<double>(bank, waves<double>(2, 11), at(0.1)); },
              ThrowsMessage<Error>(HasSubstr("filters may not be larger")));
  auto settings = at(0.1);
  settings.sigma = 0;
  EXPECT_THAT([&] { ssnal<double>(bank, waves<double>(12, 11), settings); },
              ThrowsMessage<Error>(HasSubstr("sigma is 0")));
}

}  // namespace
}  // namespace striate
