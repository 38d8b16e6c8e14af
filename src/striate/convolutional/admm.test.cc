#include "striate/convolutional/admm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/convolutional/convolution.h"
#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

template <class T>
FilterBank<T> unit_bank(std::int64_t filters, std::int64_t side, std::int64_t channels = 1) {
  auto taps = random_matrix<T>(side * side * channels, filters, 3);
  for (std::int64_t k = 0; k < filters; ++k) {
    double squares = 0;
    for (T x : taps.column(k)) squares += double(x) * double(x);
    for (T& x : taps.column(k)) x = T(double(x) / std::sqrt(squares));
  }
  return {taps.view(), side, side, channels};
}

// Waves and edges.
template <class T>
Image<T> scene(std::int64_t rows, std::int64_t columns) {
  Image<T> image(rows, columns);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c) {
      const double wave =
          std::sin(0.9 * double(r) + 0.2 * double(c)) + std::cos(0.05 * double(r * c));
      image(r, c) = T(wave + (3 * r > 2 * c + 5 ? 0.7 : -0.7));
    }
  return image;
}

AdmmSettings at(double lambda, double tolerance = 1e-2) {
  AdmmSettings settings;
  settings.lambda_relative = lambda;
  settings.tolerance = tolerance;
  return settings;
}

TEST(admm, IsCertifiedToSixDigits) {
  const auto bank = unit_bank<double>(6, 4);
  const auto image = scene<double>(30, 27);
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
  const auto image = scene<float>(32, 32);
  Image<double> twice(32, 32);
  for (std::int64_t i = 0; i < image.size(); ++i) twice.data()[i] = image.data()[i];
  const auto rough = admm<float>(unit_bank<float>(8, 5), image, at(0.05, 1e-4)).info;
  const auto fine = admm<double>(unit_bank<double>(8, 5), twice, at(0.05, 1e-6)).info;
  EXPECT_EQ(rough.status, Status::converged);
  EXPECT_NEAR(rough.objective, fine.objective, 2e-4 * fine.objective);
}

TEST(admm, ZeroFromLambdaMaxOn) {
  const auto bank = unit_bank<double>(4, 3);
  const auto image = scene<double>(12, 11);
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
  const auto grey = scene<double>(13, 17);
  Image<double> colour(13, 17, 3);
  for (std::int64_t i = 0; i < colour.size(); ++i)
    colour.data()[i] = grey.data()[i / 3] * (1 + 0.3 * double(i % 3));
  EXPECT_LE(admm<double>(unit_bank<double>(5, 3, 3), colour, at(0.1, 1e-4)).info.relative_gap,
            1e-4);
  Image<double> pixel(1, 1);
  pixel(0, 0) = 2;
  EXPECT_LE(admm<double>(unit_bank<double>(2, 1), pixel, at(0.3, 1e-5)).info.relative_gap, 1e-5);
  EXPECT_LE(admm<double>(unit_bank<double>(1, 13), scene<double>(13, 13), at(0.1, 1e-4))
                .info.relative_gap,
            1e-4);
}

TEST(admm, SameBitsForAnyThreadsAndStops) {
  const auto bank = unit_bank<float>(20, 5);
  const auto image = scene<float>(40, 36);
  const auto one = admm<float>(bank, image, at(0.05), {.threads = 1});
  const auto four = admm<float>(bank, image, at(0.05), {.threads = 4});
  EXPECT_EQ(one.codes, four.codes);
  EXPECT_EQ(one.info.objective, four.info.objective);
  auto settings = at(0.001, 0);
  settings.max_iterations = 7;
  EXPECT_EQ(admm<float>(bank, image, settings).info.status, Status::iteration_limit);
  settings.max_iterations = 100000;
  const auto stopped = admm<float>(bank, image, settings, {.max_seconds = 0.05});
  EXPECT_EQ(stopped.info.status, Status::time_limit);
  EXPECT_GT(stopped.info.relative_gap, 0);
}

TEST(admm, RefusesByName) {
  const auto bank = unit_bank<double>(4, 3);
  const auto image = scene<double>(12, 11);
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
