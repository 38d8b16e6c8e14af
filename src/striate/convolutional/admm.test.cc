#include "striate/convolutional/admm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/convolutional/pgm.h"
#include "tests/problems/convolutional_problem.h"

namespace striate {
namespace {

using problems::random_bank;
using problems::uneven_bank;
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

// From an optimal code the iteration stays where it is, for every kind of problem it knows; from half
// of it, it gets there again.
TEST(admm, BeginsAtACode) {
  const auto bank = uneven_bank<double>(6, 4);
  const auto image = waves<double>(30, 27);
  struct With {
    Boundary boundary = Boundary::circular;
    double gamma = 0;
    bool data_weights = false;
  };
  Image<double> omega(30, 27);
  for (std::int64_t i = 0; i < omega.size(); ++i)
    omega.data()[i] = i * 5 % 7 == 0 ? 0 : 0.2 + double(i % 3);
  for (auto [boundary, gamma, data_weights] :
       {With{}, With{.boundary = Boundary::inside}, With{.gamma = 0.5},
        With{.boundary = Boundary::linear}, With{.data_weights = true},
        With{.gamma = 0.5, .data_weights = true},
        With{.boundary = Boundary::inside, .data_weights = true},
        With{.boundary = Boundary::linear, .data_weights = true}})
    for (bool positive : {false, true}) {
      SCOPED_TRACE(testing::Message() << int(boundary) << gamma << data_weights << positive);
      auto settings = at(0.1, 1e-8);
      settings.max_iterations = 20000;
      settings.boundary = boundary;
      settings.positive = positive;
      if (gamma > 0) settings.gradient_weight = gamma;
      const MapShape shape = bank.maps(30, 27, boundary);
      Matrix<double> weights(shape.rows() * shape.columns(), 6);
      for (std::int64_t k = 0; k < 6; ++k)
        for (std::int64_t i = 0; i < weights.rows(); ++i)
          weights(i, k) = 0.5 + 0.2 * double((3 * i + k) % 8);
      ConvolutionalInputs<double> inputs{.penalty_weights = weights};
      if (data_weights) inputs.data_weights = omega;
      const auto cold = admm<double>(bank, image, settings, inputs);
      ASSERT_EQ(cold.info.status, Status::converged);
      inputs.initial = &cold.codes;
      // The dual image of an optimum proves it at once.
      inputs.dual = cold.dual;
      if (gamma == 0) {
        EXPECT_EQ(admm<double>(bank, image, settings, inputs).info.iterations, 0);
      }
      inputs.dual = {};
      settings.tolerance = 1e-6;
      const auto warm = admm<double>(bank, image, settings, inputs).info;
      EXPECT_EQ(warm.status, Status::converged);
      EXPECT_LE(warm.iterations, 20);
      EXPECT_GT(cold.info.iterations, 100);
      // The gaps on the way are those of an optimum, not of a path that leads away and back.
      settings.tolerance = 0;
      settings.max_iterations = 30;
      const auto stays = admm<double>(bank, image, settings, inputs);
      for (const auto& row : stays.info.trace)
        EXPECT_NEAR(row.objective_x, cold.info.objective, 2e-3 * cold.info.objective);
      const auto half = cold.codes.pruned(0.5, true);
      ASSERT_LT(half.nonzeros(), cold.codes.nonzeros());
      inputs.initial = &half;
      settings.tolerance = 1e-6;
      settings.max_iterations = 20000;
      const auto again = admm<double>(bank, image, settings, inputs).info;
      EXPECT_EQ(again.status, Status::converged);
      EXPECT_NEAR(again.objective, cold.info.objective, 1e-6 * cold.info.objective);
    }
}

// Weights by position on 64 x 64 pixels: the optimum of another way, which knows nothing of Fourier.
TEST(admm, WeightsByPositionMeetPgm) {
  const auto bank = random_bank<double>(5, 6);
  const auto image = waves<double>(64, 64);
  for (auto boundary : {Boundary::circular, Boundary::inside}) {
    const MapShape shape = bank.maps(64, 64, boundary);
    Matrix<double> weights(shape.rows() * shape.columns(), 5);
    for (std::int64_t k = 0; k < 5; ++k)
      for (std::int64_t i = 0; i < weights.rows(); ++i)
        weights(i, k) = 0.3 + 0.1 * double((i * i + 7 * k) % 23);
    const ConvolutionalInputs<double> inputs{.penalty_weights = weights};
    auto settings = at(0.1, 1e-7);
    settings.max_iterations = 20000;
    settings.boundary = boundary;
    const auto split = admm<double>(bank, image, settings, inputs);
    const auto direct = pgm<double>(bank, image, settings, inputs);
    EXPECT_EQ(split.info.status, Status::converged);
    EXPECT_EQ(direct.info.status, Status::converged);
    EXPECT_NEAR(split.info.objective, direct.info.objective, 1e-7 * direct.info.objective);
    const auto problem = detail::make_problem<double>("test", bank, image, settings, inputs, {});
    const auto judged = problems::judge<double>(problem, split.codes, split.dual);
    EXPECT_NEAR(split.info.objective, judged.objective, 1e-12 * judged.objective);
    EXPECT_LE(judged.objective - judged.bound, 1.0001e-7 * judged.objective);
  }
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
  settings.gradient_weight = 1;
  refuses(image, settings, "gradient_weight is 1 with boundary linear");
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
