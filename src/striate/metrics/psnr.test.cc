#include "striate/metrics/psnr.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace striate {
namespace {

using Values_ = std::vector<double>;

double psnr_of(const Values_& reference, const Values_& image, Peak peak = PeakRule::max) {
  return psnr<double>(reference, image, peak);
}

std::string message(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Psnr, EqualsTheClosedFormForEachPeak) {
  // Squared differences 0.01 each: MSE 0.01.
  const Values_ reference = {-0.5, 0.25, 2}, image = {-0.4, 0.15, 2.1};
  EXPECT_NEAR(psnr_of(reference, image), 10 * std::log10(4 / 0.01), 1e-10);
  EXPECT_NEAR(psnr_of(reference, image, PeakRule::global_max), 10 * std::log10(4 / 0.01), 1e-10);
  EXPECT_NEAR(psnr_of(reference, image, PeakRule::range), 10 * std::log10(6.25 / 0.01), 1e-10);
  EXPECT_NEAR(psnr_of(reference, image, 255.0), 20 * std::log10(255 / 0.1), 1e-10);
  const std::vector<float> r = {1, 0}, x = {0.5, 0.5};
  EXPECT_NEAR(psnr<float>(r, x), 10 * std::log10(4), 1e-12);
}

TEST(Psnr, ColumnsHaveTheirOwnPeakOrACommonOne) {
  Matrix<double> references(2, 3), images(2, 3);
  references(0, 0) = 1, references(0, 1) = 10, references(1, 2) = -1;
  for (std::int64_t j = 0; j < 3; ++j)
    for (std::int64_t i = 0; i < 2; ++i) images(i, j) = references(i, j) + 1;
  const auto own = psnr_columns<double>(references, images);
  EXPECT_NEAR(own[0], 0, 1e-12);
  EXPECT_NEAR(own[1], 20, 1e-12);
  EXPECT_TRUE(std::isnan(own[2]));  // largest value 0
  const auto common = psnr_columns<double>(references, images, PeakRule::global_max);
  for (const double x : common) EXPECT_NEAR(x, 20, 1e-12);
  EXPECT_NEAR(psnr_columns<double>(references, images, PeakRule::range)[2], 0, 1e-12);
  EXPECT_TRUE(psnr_columns<double>(Matrix<double>(2, 0), Matrix<double>(2, 0)).empty());
}

TEST(Psnr, EqualImagesAreInfinitelyGood) {
  EXPECT_EQ(psnr_of({1, 2}, {1, 2}), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(psnr_of({0, 0}, {1, 2})));
  EXPECT_TRUE(std::isnan(psnr_of({0, 0}, {0, 0})));
}

TEST(Snr, IsTheRatioOfEnergies) {
  const Values_ reference = {3, -4}, image = {3, -3};
  EXPECT_NEAR(snr<double>(reference, image), 10 * std::log10(25), 1e-12);
  EXPECT_EQ(snr<double>(reference, reference), std::numeric_limits<double>::infinity());
  const Values_ nothing = {0, 0};
  EXPECT_NEAR(snr<double>(reference, nothing), 0, 1e-12);
}

// The mean of the reference is 2, its variance 5 / 2 and the squared error 1 / 4 everywhere.
TEST(Snr, OfTheVarianceLeavesTheMeanOut) {
  const SnrSettings variance{.signal = SnrSignal::variance};
  const Values_ reference = {0, 1, 3, 4}, image = {0.5, 1.5, 2.5, 4.5};
  EXPECT_NEAR(snr<double>(reference, image, variance), 10, 1e-12);
  const std::vector<float> brighter = {8, 9, 11, 12}, other = {8.5, 9.5, 10.5, 12.5};
  EXPECT_NEAR(snr<float>(brighter, other, variance), 10, 1e-12);
  EXPECT_GT(snr<float>(brighter, other), 26);  // mean square 102.5 over 0.25
  const Values_ flat = {3, 3, 3, 3};
  EXPECT_EQ(snr<double>(flat, image, variance), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(snr<double>(flat, flat, variance), std::numeric_limits<double>::infinity());
}

TEST(Snr, RefusesWhatCannotBeCompared) {
  EXPECT_EQ(message([] {
              const Values_ a = {1, 2}, b = {1, NAN};
              snr<double>(a, b);
            }),
            "snr: the image has a value that is not finite");
}

// On an image with negative values, as normalised ones are, the range is far above the maximum.
TEST(Psnr, PeaksOfNormalisedImagesDiffer) {
  const Values_ reference = {-3, 0, 1, 1}, image = {-3.1, 0.1, 0.9, 1.1};
  EXPECT_NEAR(psnr_of(reference, image, PeakRule::range) - psnr_of(reference, image),
              20 * std::log10(4), 1e-10);
  Values_ brighter = reference, other = image;
  for (double& x : brighter) x += 7;
  for (double& x : other) x += 7;
  EXPECT_NEAR(psnr_of(brighter, other, PeakRule::range), psnr_of(reference, image, PeakRule::range),
              1e-10);
}

TEST(Psnr, PeakIsReadFromWhatUsersWrite) {
  EXPECT_EQ(peak_from("psnr", std::string("max")), Peak(PeakRule::max));
  EXPECT_EQ(peak_from("psnr", std::string("global_max")), Peak(PeakRule::global_max));
  EXPECT_EQ(peak_from("psnr", std::string("range")), Peak(PeakRule::range));
  EXPECT_EQ(peak_from("psnr", std::string("255")), Peak(255.0));
  EXPECT_EQ(peak_from("psnr", std::int64_t{1}), Peak(1.0));
  EXPECT_EQ(peak_from("psnr", 0.5), Peak(0.5));
  for (const Value& bad : {Value(std::string("top")), Value(std::string("-1")), Value(0.0),
                           Value(std::string("")), Value(std::string("1x")), Value(true), Value()})
    EXPECT_THROW(peak_from("psnr", bad), Error) << to_text(bad);
  EXPECT_EQ(message([] { peak_from("psnr", std::string("top")); }),
            "psnr: peak is 'top'; it must be max, global_max, range or a number above 0");
}

TEST(Psnr, RefusesWhatCannotBeCompared) {
  EXPECT_EQ(message([] {
              psnr_of({1, 2}, {1});
            }),
            "psnr: a reference of 2 values and an image of 1; both must have the same number, at "
            "least one");
  EXPECT_THROW(psnr_of({}, {}), Error);
  EXPECT_EQ(message([] {
              psnr_of({1, 2}, {1, NAN});
            }),
            "psnr: the image has a value that is not finite");
  EXPECT_EQ(message([] {
              psnr_of({1, INFINITY}, {1, 2});
            }),
            "psnr: the reference has a value that is not finite");
  EXPECT_EQ(message([] {
              psnr_of({1, 2}, {1, 2}, -1.0);
            }),
            "psnr: peak is -1; it must be above 0, or max, global_max or range");
  EXPECT_THROW(psnr_columns<double>(Matrix<double>(2, 2), Matrix<double>(2, 3)), Error);
}

}  // namespace
}  // namespace striate
