#include "striate/statistics/filter_orientation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "striate/dictionaries/log_gabor.h"

namespace striate {
namespace {

using std::numbers::pi;
using testing::HasSubstr;
using testing::ThrowsMessage;

// The distance of two axes.
double between(double a, double b) { return std::abs(std::remainder(a - b, pi)); }

TEST(FilterOrientation, IsThatOfAWaveUnderAGaussian) {
  for (const auto& [rows, columns] : {std::pair{15, 15}, {15, 19}}) {
    Matrix<double> taps(rows * columns, 16);
    for (int k = 0; k < 16; ++k)
      for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c) {
          const double t = k * pi / 16, y = r - 7, x = c - (columns - 1) / 2;
          taps(r * columns + c, k) = std::exp(-(x * x + y * y) / 12) *
                                     std::cos(2 * pi * 0.22 * (y * std::cos(t) + x * std::sin(t)));
        }
    const auto found = filter_orientations<double>(taps, rows, columns);
    for (int k = 0; k < 16; ++k) {
      EXPECT_LT(between(found[std::size_t(k)].theta, k * pi / 16), 0.01) << k;
      EXPECT_GT(found[std::size_t(k)].strength, 0.8);
      EXPECT_LE(found[std::size_t(k)].strength, 1 + 1e-12);
      EXPECT_GE(found[std::size_t(k)].theta, 0);
      EXPECT_LT(found[std::size_t(k)].theta, pi);
    }
  }
}

TEST(FilterOrientation, IsWhatLogGaborSays) {
  for (const auto convention : {LogGaborConvention::paper, LogGaborConvention::released})
    for (const auto kind : {LogGaborKind::heterogeneous, LogGaborKind::homogeneous}) {
      const auto bank = log_gabor<double>({.kind = kind, .convention = convention});
      const auto found = filter_orientations<double>(bank.filters, 12, 12);
      for (std::size_t k = 0; k < found.size(); ++k) {
        // Twelve pixels hold little more than a wave, so the grid pulls it towards its own axes.
        EXPECT_LT(between(found[k].theta, bank.theta[k]), 0.13) << k;
      }
      // Narrower filters are more decided.
      if (kind == LogGaborKind::heterogeneous) {
        for (std::size_t k = 0; k < found.size(); k += 12)
          EXPECT_GT(found[k].strength, found[k + 10].strength);
      }
    }
}

TEST(FilterOrientation, KnowsWhatHasNone) {
  Matrix<float> taps(49, 2);  // a disc, and nothing
  for (int r = 0; r < 7; ++r)
    for (int c = 0; c < 7; ++c)
      taps(7 * r + c, 0) =
          std::exp(-0.3f * static_cast<float>((r - 3) * (r - 3) + (c - 3) * (c - 3)));
  const auto found = filter_orientations<float>(taps, 7, 7);
  EXPECT_LT(found[0].strength, 1e-6);
  EXPECT_EQ(found[1].strength, 0);
  EXPECT_EQ(found[1].theta, 0);
}

TEST(FilterOrientation, AddsTheChannels) {
  // A wave down the columns in one channel, a weaker one along the rows in the other.
  Matrix<double> taps(8 * 8 * 2, 1);
  for (int r = 0; r < 8; ++r)
    for (int c = 0; c < 8; ++c) {
      taps((8 * r + c) * 2, 0) = std::cos(pi * r / 2);
      taps((8 * r + c) * 2 + 1, 0) = 0.5 * std::cos(pi * c / 2);
    }
  const auto found = filter_orientations<double>(taps, 8, 8, 2).front();
  EXPECT_LT(between(found.theta, 0), 1e-9);
  // (1 - 1/4) / (1 + 1/4) of what one wave alone has.
  Matrix<double> alone = taps;
  for (int i = 1; i < 128; i += 2) alone(i, 0) = 0;
  EXPECT_NEAR(found.strength, 0.6 * filter_orientations<double>(alone, 8, 8, 2).front().strength,
              1e-9);
}

TEST(FilterOrientation, RefusesTapsOfAnotherSize) {
  EXPECT_THAT([] { filter_orientations<double>(Matrix<double>(9, 1), 3, 4); },
              ThrowsMessage<Error>(HasSubstr("filters of 9 taps are not 3 x 4 x 1")));
}

}  // namespace
}  // namespace striate
