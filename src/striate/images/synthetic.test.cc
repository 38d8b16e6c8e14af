#include "striate/images/synthetic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <string>

#include "striate/core/parallel.h"
#include "striate/core/timing.h"
#include "striate/linalg/fft.h"

namespace striate {
namespace {

// Slope of log power over log frequency between `low` and `high` cycles per pixel: the mean
// periodogram under a Hann window (against the jump between opposite edges), averaged over rings.
double slope(const std::vector<Image<float>>& images, double low, double high) {
  constexpr int rings = 16;
  std::vector<double> power(rings), count(rings);
  for (const auto& image : images) {
    const std::int64_t n = image.rows(), half = fft_columns(image.columns());
    double mean = 0;
    for (std::int64_t i = 0; i < image.size(); ++i)
      mean += image.data()[i] / static_cast<double>(image.size());
    std::vector<double> windowed;
    const auto hann = [](std::int64_t k, std::int64_t length) {
      return std::pow(
          std::sin(std::numbers::pi * (static_cast<double>(k) + 0.5) / static_cast<double>(length)),
          2);
    };
    for (std::int64_t r = 0; r < n; ++r)
      for (std::int64_t c = 0; c < image.columns(); ++c)
        windowed.push_back((image(r, c) - mean) * hann(r, n) * hann(c, image.columns()));
    std::vector<std::complex<double>> spectrum(static_cast<std::size_t>(n * half));
    fft2<double>({windowed.data(), n, image.columns(), image.columns(), 1}, spectrum.data());
    for (std::int64_t u = 0; u < n; ++u)
      for (std::int64_t v = 0; v < half; ++v) {
        const double f = std::hypot(fft_frequency(u, n), fft_frequency(v, image.columns()));
        if (f < low || f >= high) continue;
        const auto ring =
            static_cast<std::size_t>(rings * std::log(f / low) / std::log(high / low));
        power[ring] += std::norm(spectrum[static_cast<std::size_t>(u * half + v)]);
        count[ring] += 1;
      }
  }
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (int k = 0; k < rings; ++k) {
    const double x = std::log(low) + (k + 0.5) / rings * std::log(high / low);
    const double y =
        std::log(power[static_cast<std::size_t>(k)] / count[static_cast<std::size_t>(k)]);
    sx += x, sy += y, sxx += x * x, sxy += x * y;
  }
  return (rings * sxy - sx * sy) / (rings * sxx - sx * sx);
}

TEST(DeadLeaves, PowerFallsAsOneOverFrequencySquared) {
  // Within 0.2 over the three octaves from 0.03 to 0.24 cycles per pixel, periods of 4 to 33 pixels.
  EXPECT_NEAR(slope(dead_leaves<float>(), 0.03, 0.24), -2, 0.2);
}

TEST(DeadLeaves, EmbeddedImagesAreTenOf256Pixels) {
  const Stopwatch watch;
  const auto images = dead_leaves<float>();
  RecordProperty("milliseconds", static_cast<int>(1000 * watch.seconds()));
  ASSERT_EQ(images.size(), 10u);
  EXPECT_EQ(images[0].rows(), 256);
  EXPECT_EQ(images[9].columns(), 256);
}

TEST(DeadLeaves, GreyValuesAreUniformInTheUnitInterval) {
  const auto images =
      dead_leaves<double>({.set = {.images = 40, .rows = 64, .columns = 64}, .largest = 10});
  double sum = 0, squares = 0, n = 0;
  for (const auto& image : images)
    for (std::int64_t i = 0; i < image.size(); ++i) {
      const double x = image.data()[i];
      ASSERT_GE(x, 0);
      ASSERT_LE(x, 1);
      sum += x, squares += x * x, ++n;
    }
  const double mean = sum / n, variance = squares / n - mean * mean;
  EXPECT_NEAR(mean, 0.5, 0.02);   // leaves of radius 10 or less: thousands of independent values
  EXPECT_LT(variance, 1 / 12.0);  // that of a uniform value, less what mixed pixels lose
  EXPECT_GT(variance, 0.6 / 12);
}

TEST(DeadLeaves, LargeLeavesStayWhole) {
  // One size only: within a leaf of radius 20 there are areas of one value, and a pixel is mixed
  // only where an edge crosses it.
  const auto images = dead_leaves<double>(
      {.set = {.images = 4, .rows = 100, .columns = 100}, .smallest = 20, .largest = 20});
  std::int64_t equal = 0, all = 0;
  for (const auto& image : images)
    for (std::int64_t r = 0; r < 100; ++r)
      for (std::int64_t c = 1; c < 100; ++c) {
        equal += std::abs(image(r, c) - image(r, c - 1)) < 1e-12;
        ++all;
      }
  EXPECT_GT(static_cast<double>(equal) / static_cast<double>(all), 0.75);
  EXPECT_LT(static_cast<double>(equal) / static_cast<double>(all), 0.99);
}

TEST(DeadLeaves, ImageDependsOnSeedAndNumberOnly) {
  const ImageSetSettings set{.images = 5, .rows = 40, .columns = 50, .channels = 3, .seed = 9};
  const auto images = dead_leaves<float>({.set = set});
  ImageSetSettings fewer = set;
  fewer.images = 2;
  const auto first = dead_leaves<float>({.set = fewer});
  EXPECT_EQ(first[0], images[0]);
  EXPECT_EQ(first[1], images[1]);
  EXPECT_FALSE(images[0] == images[1]);
  fewer.seed = 10;
  EXPECT_FALSE(dead_leaves<float>({.set = fewer})[0] == images[0]);
  for (const int threads : {1, 2, 4}) {
    striate::Run run;
    run.threads = threads;
    EXPECT_EQ(dead_leaves<float>({.set = set}, run), images);
  }
  EXPECT_NE(images[0](3, 3, 0), images[0](3, 3, 1));  // coloured
}

TEST(DeadLeaves, RefusesSizesThatMakeNoSense) {
  try {
    dead_leaves<float>({.smallest = 10, .largest = 5});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "dead_leaves: largest is 5; it must be at least smallest, 10");
  }
  EXPECT_THROW(dead_leaves<float>({.set = {.rows = 0}}), Error);
  EXPECT_THROW(dead_leaves<float>({.set = {.images = 0}}), Error);
}

TEST(DeadLeaves, StoppedRunKeepsTheFinishedImages) {
  std::stop_source stop;
  stop.request_stop();
  striate::Run run;
  run.stop = stop.get_token();
  EXPECT_TRUE(dead_leaves<float>({.set = {.images = 3, .rows = 20, .columns = 20}}, run).empty());
}

TEST(NoiseImages, PowerFallsWithTheExponentAsked) {
  for (const double exponent : {0.0, 1.0, 2.0, 3.0}) {
    const auto images = noise_images<float>({.exponent = exponent});
    // 10 images: the lowest ring still averages over 1000 values, an error below 0.05 of the slope.
    EXPECT_NEAR(slope(images, 0.03, 0.24), -exponent, 0.1);
  }
}

TEST(NoiseImages, HaveTheMeanAndDeviationStated) {
  for (const std::int64_t channels : {1, 3}) {
    const auto images = noise_images<double>(
        {.set = {.images = 2, .rows = 31, .columns = 44, .channels = channels}});
    for (const auto& image : images) {
      double mean = 0, squares = 0;
      for (std::int64_t i = 0; i < image.size(); ++i)
        mean += image.data()[i] / static_cast<double>(image.size());
      for (std::int64_t i = 0; i < image.size(); ++i)
        squares += std::pow(image.data()[i] - mean, 2) / static_cast<double>(image.size());
      EXPECT_NEAR(mean, 0.5, 1e-12);
      EXPECT_NEAR(std::sqrt(squares), 0.15, 1e-12);
    }
  }
  const auto pixel = noise_images<double>({.set = {.images = 1, .rows = 1, .columns = 1}});
  EXPECT_EQ(pixel[0](0, 0), 0.5);
}

}  // namespace
}  // namespace striate
