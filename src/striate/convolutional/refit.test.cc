#include "striate/convolutional/refit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "striate/convolutional/convolution.h"
#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

FilterBank<double> some_bank(std::int64_t channels = 1) {
  return {random_matrix<double>(3 * 4 * channels, 5, 1).view(), 3, 4, channels};
}

// One entry in about 20.
ConvolutionalCodes<double> some_codes(const MapShape& shape, std::uint64_t seed = 2) {
  auto maps = random_matrix<double>(shape.rows() * shape.columns(), shape.filters, seed);
  for (std::size_t i = 0; i < maps.size(); ++i)
    if (std::abs(maps.data()[i]) < 2) maps.data()[i] = 0;
  return ConvolutionalCodes<double>::from_dense(shape, maps.view());
}

Image<double> noise(std::int64_t rows, std::int64_t columns, std::int64_t channels) {
  const auto values = random_matrix<double>(rows * columns * channels, 1, 7);
  return Image<double>(ImageView<const double>(values.data(), rows, columns, channels));
}

TEST(refit, FindsPlantedValues) {
  const auto bank = some_bank();
  for (const Boundary boundary : {Boundary::circular, Boundary::inside, Boundary::linear}) {
    const auto planted = some_codes(bank.maps(20, 17, boundary));
    const Image<double> image = synthesize<double>(bank, planted);
    auto begun = planted;
    for (double& value : begun.values()) value *= 0.5;
    const auto found = refit<double>(bank, image, begun, 500);
    double error = 0, energy = 0;
    const auto again = synthesize<double>(bank, found);
    for (std::int64_t i = 0; i < image.size(); ++i) {
      error += std::pow(again.data()[i] - image.data()[i], 2);
      energy += std::pow(image.data()[i], 2);
    }
    EXPECT_LT(error, 1e-16 * energy);
    EXPECT_TRUE(std::ranges::equal(found.filters(), planted.filters()));
  }
}

// At the best values every atom is at right angles to the weighed residual. Behind weights of 0 lies
// NaN.
TEST(refit, LeavesAResidualThatNoAtomExplains) {
  for (const std::int64_t channels : {1, 3}) {
    const auto bank = some_bank(channels);
    Image<double> image = noise(15, 18, channels), weights(15, 18, channels);
    for (std::int64_t i = 0; i < image.size(); ++i) {
      weights.data()[i] = i % 5 == 0 ? 0 : 0.5 + double(i % 3);
      if (i % 5 == 0) image.data()[i] = std::numeric_limits<double>::quiet_NaN();
    }
    const auto codes = some_codes(bank.maps(15, 18, Boundary::linear));
    const auto found = refit<double>(bank, image, codes, 1000, weights);
    Image<double> residual = synthesize<double>(bank, found);
    for (std::int64_t i = 0; i < image.size(); ++i)
      residual.data()[i] =
          i % 5 == 0 ? 0 : weights.data()[i] * (image.data()[i] - residual.data()[i]);
    for (std::int64_t i = 0; i < found.nonzeros(); ++i) {
      auto one = found;
      for (double& value : one.values()) value = 0;
      one.values()[std::size_t(i)] = 1;
      const auto atom = synthesize<double>(bank, one);
      double product = 0;
      for (std::int64_t p = 0; p < image.size(); ++p)
        product += atom.data()[p] * residual.data()[p];
      EXPECT_NEAR(product, 0, 1e-7);
    }
  }
}

TEST(refit, DoesNothingWithoutIterationsOrEntries) {
  const auto bank = some_bank();
  const auto codes = some_codes(bank.maps(9, 9, Boundary::circular));
  EXPECT_EQ(refit<double>(bank, noise(9, 9, 1), codes, 0), codes);
  const ConvolutionalCodes<double> none(codes.shape());
  EXPECT_EQ(refit<double>(bank, noise(9, 9, 1), none, 10), none);
}

TEST(refit, NamesWhatDoesNotFit) {
  const auto bank = some_bank();
  const auto codes = some_codes(bank.maps(9, 9, Boundary::circular));
  const Image<double> image = noise(9, 9, 1), weights = noise(9, 8, 1);
  EXPECT_THAT([&] { refit<double>(some_bank(3), noise(9, 9, 1), codes, 1); },
              ThrowsMessage<Error>(HasSubstr("refit: image is 9 x 9 x 1")));
  EXPECT_THAT([&] { refit<double>(bank, noise(8, 9, 1), codes, 1); },
              ThrowsMessage<Error>(HasSubstr("refit: image is 8 x 9 x 1")));
  EXPECT_THAT([&] { refit<double>(bank, image, codes, 1, weights); },
              ThrowsMessage<Error>(HasSubstr("refit: data_weights are 9 x 8 x 1")));
  EXPECT_THAT([&] { refit<double>(bank, image, codes, 1, image); },
              ThrowsMessage<Error>(HasSubstr("each must be finite and at least 0")));
  EXPECT_THAT([&] { refit<double>(bank, image, codes, -1); },
              ThrowsMessage<Error>(HasSubstr("refit: iterations is -1")));
  const FilterBank<double> other(random_matrix<double>(9, 5, 1).view(), 3, 3);
  EXPECT_THAT([&] { refit<double>(other, image, codes, 1); },
              ThrowsMessage<Error>(HasSubstr("the bank has 5 of 3 x 3")));
  Image<double> broken = image;
  broken(2, 2) = std::numeric_limits<double>::infinity();
  EXPECT_THAT([&] { refit<double>(bank, broken, codes, 1); },
              ThrowsMessage<Error>(HasSubstr("refit: image holds NaN or infinity")));
}

TEST(strongest, KeepsTheLargestAndOfEqualsTheFirst) {
  const MapShape shape{
      .image_rows = 2, .image_columns = 3, .filter_rows = 1, .filter_columns = 1, .filters = 2};
  ConvolutionalCodes<float> codes(shape);
  codes.append(0, 0, 1, 2);
  codes.append(0, 2, 0, -3);
  codes.append(1, 0, 0, 1);
  codes.append(1, 1, 1, -2);
  ConvolutionalCodes<float> two(shape);
  two.append(0, 0, 1, 2);
  two.append(0, 2, 0, -3);
  EXPECT_EQ(strongest(codes, 2), two);
  EXPECT_EQ(strongest(codes, 4), codes);
  EXPECT_EQ(strongest(codes, 9), codes);
  EXPECT_EQ(strongest(codes, 0).nonzeros(), 0);
  EXPECT_THAT([&] { strongest(codes, -1); },
              ThrowsMessage<Error>(HasSubstr("strongest: count is -1")));
}

}  // namespace
}  // namespace striate
