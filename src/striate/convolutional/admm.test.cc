#include "striate/convolutional/admm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/convolutional/convolution.h"
#include "tests/problems/convolutional_problem.h"

namespace striate {
namespace {

using problems::random_bank;
using problems::waves;
using testing::HasSubstr;
using testing::ThrowsMessage;

AdmmSettings at(double lambda, double tolerance = 1e-2) {
  AdmmSettings settings;
  settings.lambda_relative = lambda;
  settings.tolerance = tolerance;
  return settings;
}

TEST(admm, IsCertifiedToSixDigits) {
  const auto bank = random_bank<double>(6, 4);
  const auto image = waves<double>(30, 27);
  for (auto boundary : {Boundary::circular, Boundary::inside})
    for (bool positive : {false, true}) {
      auto settings = at(0.1, 1e-6);
      settings.max_iterations = 5000;
      settings.boundary = boundary;
      settings.positive = positive;
      settings.penalty_weights = {1, 1, 0.5, 1, 2, 1};
      const auto [codes, info, dual] = admm<double>(bank, image, settings);
      EXPECT_EQ(info.status, Status::converged);
      EXPECT_LE(info.relative_gap, 1e-6);
      EXPECT_GT(info.nonzeros, 10);
      for (double x : codes.values()) ASSERT_TRUE(x >= 0 || !positive);
      // Judged from the image: at the optimum |D'r| reaches lambda w where the code is, and
      // |D (x - x*)|^2 / 2 is at most the gap.
      EXPECT_LE(info.violation, 0.1);
      settings.tolerance = 1e-3;
      const auto rough = admm<double>(bank, image, settings);
      EXPECT_LE(rough.info.objective, info.objective * (1 + 1.1e-3));
      EXPECT_GE(rough.info.objective, info.objective * (1 - 1e-6));
    }
}

TEST(admm, SingleFollowsDouble) {
  const auto image = waves<float>(32, 32);
  Image<double> twice(32, 32);
  for (std::int64_t i = 0; i < image.size(); ++i) twice.data()[i] = image.data()[i];
  const auto rough = admm<float>(random_bank<float>(8, 5), image, at(0.05, 1e-4)).info;
  const auto fine = admm<double>(random_bank<double>(8, 5), twice, at(0.05, 1e-6)).info;
  EXPECT_EQ(rough.status, Status::converged);
  EXPECT_NEAR(rough.objective, fine.objective, 2e-4 * fine.objective);
}

TEST(admm, ZeroFromLambdaMaxOn) {
  const auto bank = random_bank<double>(4, 3);
  const auto image = waves<double>(12, 11);
  for (double lambda : {1.0, 1.5}) {
    const auto [codes, info, dual] = admm<double>(bank, image, at(lambda, 1e-12));
    EXPECT_EQ(codes.nonzeros(), 0);
    EXPECT_LE(info.relative_gap, 1e-12);
    EXPECT_EQ(info.status, Status::converged);
    EXPECT_EQ(info.iterations, 0);
  }
  EXPECT_EQ(admm<double>(bank, Image<double>(9, 9), at(0.1)).info.status, Status::converged);
}

TEST(admm, OddSizesColourAndOnePixel) {
  EXPECT_LE(admm<double>(random_bank<double>(5, 3, 3, 3), waves<double>(13, 17, 3), at(0.1, 1e-4))
                .info.relative_gap,
            1e-4);
  Image<double> pixel(1, 1);
  pixel(0, 0) = 2;
  EXPECT_LE(admm<double>(random_bank<double>(2, 1), pixel, at(0.3, 1e-5)).info.relative_gap, 1e-5);
  EXPECT_LE(admm<double>(random_bank<double>(1, 13), waves<double>(13, 13), at(0.1, 1e-4))
                .info.relative_gap,
            1e-4);
}

TEST(admm, SameBitsForAnyThreadsAndStops) {
  const auto bank = random_bank<float>(20, 5);
  const auto image = waves<float>(40, 36);
  const auto one = admm<float>(bank, image, at(0.05), {}, {.threads = 1});
  const auto four = admm<float>(bank, image, at(0.05), {}, {.threads = 4});
  EXPECT_EQ(one.codes, four.codes);
  EXPECT_EQ(one.info.objective, four.info.objective);
  auto settings = at(0.001, 0);
  settings.max_iterations = 7;
  EXPECT_EQ(admm<float>(bank, image, settings).info.status, Status::iteration_limit);
  settings.max_iterations = 100000;
  const auto stopped = admm<float>(bank, image, settings, {}, {.max_seconds = 0.05});
  EXPECT_EQ(stopped.info.status, Status::time_limit);
  EXPECT_GT(stopped.info.relative_gap, 0);
}

TEST(admm, RefusesByName) {
  const auto bank = random_bank<double>(4, 3);
  const auto image = waves<double>(12, 11);
  const auto refuses = [&](const Image<double>& y, AdmmSettings settings, const char* words) {
    EXPECT_THAT([&] { admm<double>(bank, y, settings); }, ThrowsMessage<Error>(HasSubstr(words)));
  };
  refuses(image, {}, "both missing");
  auto settings = at(0.1);
  settings.lambda = 1;
  refuses(image, settings, "both given");
  settings = at(0.1);
  settings.boundary = Boundary::linear;
  refuses(image, settings, "cd has all three");
  settings = at(0.1);
  settings.penalty_weights = {1};
  refuses(image, settings, "penalty_weights has 1");
  refuses(image, at(-0.1), "lambda_relative is -0.1");
  settings = at(0.1);
  settings.rho = 0;
  refuses(image, settings, "rho is 0");
  refuses(Image<double>(2, 9), at(0.1), "filters may not be larger");
  refuses(Image<double>(12, 11, 3), at(0.1), "3 channels");
  auto nan = image;
  nan(3, 4) = NAN;
  refuses(nan, at(0.1), "row 3, column 4");
}

}  // namespace
}  // namespace striate
