#include "striate/convolutional/convolutional_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(convolutional_settings, RelativeLambdaIsAFractionOfTheLargest) {
  const auto taps = random_matrix<double>(6, 4, 1);
  const FilterBank<double> bank(taps.view(), 2, 3);
  const auto values = random_matrix<double>(30, 1, 2);
  const Image<double> image(ImageView<const double>(values.data(), 5, 6));
  for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear}) {
    ConvolutionalSettings settings;
    settings.boundary = boundary;
    settings.lambda_relative = 0.25;
    const auto problem = detail::make_problem<double>("encode", bank, image, settings, {}, {});
    EXPECT_EQ(problem.lambda, 0.25 * lambda_max(problem, {}));
    EXPECT_EQ(problem.shape, bank.maps(5, 6, boundary));
  }
}

TEST(convolutional_settings, WhatCannotBeIsRefusedInTheNameOfTheCaller) {
  const auto taps = random_matrix<float>(4, 2, 1);
  const FilterBank<float> bank(taps.view(), 2, 2);
  const auto refuses = [&](const Image<float>& image, ConvolutionalSettings settings,
                           const char* words) {
    EXPECT_THAT([&] { detail::make_problem<float>("encode", bank, image, settings, {}, {}); },
                ThrowsMessage<Error>(HasSubstr(words)));
  };
  ConvolutionalSettings good;
  good.lambda = 1;
  refuses(Image<float>(5, 5), {}, "encode: lambda and lambda_relative are both missing");
  refuses(Image<float>(5, 5, 2), good, "encode: image has 2 channels");
  refuses(Image<float>(), good, "0 x 0 pixels");
  auto bad = good;
  bad.tolerance = -1;
  refuses(Image<float>(5, 5), bad, "tolerance is -1");
  bad = good;
  bad.penalty_weights = {1, 0};
  refuses(Image<float>(5, 5), bad, "penalty_weights");
}

}  // namespace
}  // namespace striate
