#include "striate/convolutional/automatic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "striate/convolutional/admm.h"
#include "tests/problems/convolutional_problem.h"

namespace striate {
namespace {

// Filters that are almost the same as their neighbours, or have nothing to do with each other.
FilterBank<double> bank_of(double alike) {
  return problems::random_bank<double>(12, 6, 6, 1, alike);
}

GradientWeightSettings at(double lambda, double tolerance) {
  GradientWeightSettings settings;
  settings.lambda_relative = lambda;
  settings.tolerance = tolerance;
  return settings;
}

TEST(automatic, ReachesTheGapByEitherWay) {
  const auto image = problems::waves<double>(36, 33);
  for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear})
    for (double alike : {0.0, 0.97}) {
      auto settings = at(0.02, 1e-5);
      settings.boundary = boundary;
      const auto bank = bank_of(alike);
      const auto result = automatic<double>(bank, image, settings);
      EXPECT_EQ(result.info.status, Status::converged) << alike;
      EXPECT_LE(result.info.relative_gap, 1e-5);
      EXPECT_TRUE(result.info.method == "cd" || result.info.method == "cd, ssnal");
      EXPECT_TRUE(result.info.why.starts_with(
          result.info.method == "cd" ? "cd began, and its gap fell" : "cd began; its gap was"));
      EXPECT_TRUE(std::ranges::is_sorted(result.info.trace, {}, &ConvolutionalTrace::seconds));
      if (boundary == Boundary::linear || alike > 0) continue;
      AdmmSettings other;
      static_cast<ConvolutionalSettings&>(other) = settings;
      other.max_iterations = 20000;
      EXPECT_NEAR(result.info.objective, admm<double>(bank, image, other).info.objective,
                  2e-5 * result.info.objective);
    }
  EXPECT_EQ(automatic<double>(bank_of(0.97), image, at(0.005, 1e-5)).info.method, "cd, ssnal");
}

TEST(automatic, ZeroLimitsAndThreads) {
  const auto image = problems::waves<double>(20, 20);
  const auto bank = bank_of(0.9);
  EXPECT_EQ(automatic<double>(bank, image, at(1, 1e-3)).codes.nonzeros(), 0);
  auto settings = at(0.001, 0);
  settings.max_iterations = 40;
  const auto limited = automatic<double>(bank, image, settings, {}, {.threads = 1});
  EXPECT_NE(limited.info.status, Status::converged);
  EXPECT_LE(limited.info.iterations, 40);
  EXPECT_EQ(limited.codes, automatic<double>(bank, image, settings, {}, {.threads = 4}).codes);
  EXPECT_EQ(automatic<double>(bank, image, settings, {}, {.max_seconds = 0}).info.status,
            Status::time_limit);
  EXPECT_THROW(automatic<double>(bank, image, {}), Error);
}

}  // namespace
}  // namespace striate
