#include "striate/images/whiten.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numbers>

#include "striate/core/parallel.h"
#include "striate/core/random.h"
#include "tests/problems/require_data.h"

namespace striate {
namespace {

using ::testing::StartsWith;

// cos(2 pi (u r / rows + v c / columns)) + offset, in every channel.
template <class T>
Image<T> wave(std::int64_t rows, std::int64_t columns, int u, int v, double offset = 0,
              std::int64_t channels = 1) {
  Image<T> image(rows, columns, channels);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      for (std::int64_t k = 0; k < channels; ++k)
        image(r, c, k) = static_cast<T>(
            offset + std::cos(2 * std::numbers::pi *
                              (static_cast<double>(u * r) / static_cast<double>(rows) +
                               static_cast<double>(v * c) / static_cast<double>(columns))));
  return image;
}

template <class T>
Image<T> noise(std::int64_t rows, std::int64_t columns, std::uint64_t seed,
               std::int64_t channels = 1) {
  Image<T> image(rows, columns, channels);
  Random random(seed, stream("whiten test"));
  for (std::int64_t i = 0; i < image.size(); ++i)
    image.data()[i] = static_cast<T>(0.5 + 0.2 * random.normal());
  return image;
}

template <class T>
double variance(const Image<T>& image) {
  double mean = 0, sum = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) mean += image.data()[i];
  mean /= static_cast<double>(image.size());
  for (std::int64_t i = 0; i < image.size(); ++i)
    sum += (image.data()[i] - mean) * (image.data()[i] - mean);
  return sum / static_cast<double>(image.size());
}

std::string message(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

double gain(double f, double cutoff) { return f * std::exp(-std::pow(f / cutoff, 4)); }

// A wave keeps its shape and is multiplied by the filter at its frequency; the factor follows from
// the variances g^2 / 2 of the two.
template <class T>
void check_waves(double tolerance) {
  const std::vector<Image<T>> images = {wave<T>(32, 40, 3, -5, 0.7), wave<T>(25, 31, 4, 9, -2)};
  const double g0 = gain(std::hypot(3 / 32.0, 5 / 40.0), 0.4);
  const double g1 = gain(std::hypot(4 / 25.0, 9 / 31.0), 0.4);
  const double factor = std::sqrt(0.1 / ((g0 * g0 + g1 * g1) / 4));
  const auto white = whiten(images);
  EXPECT_NEAR(white.state.factor, factor, tolerance * factor);
  const Image<T> pure0 = wave<T>(32, 40, 3, -5), pure1 = wave<T>(25, 31, 4, 9);
  for (std::int64_t i = 0; i < pure0.size(); ++i)
    ASSERT_NEAR(white.images[0].data()[i], factor * g0 * pure0.data()[i], tolerance);
  for (std::int64_t i = 0; i < pure1.size(); ++i)
    ASSERT_NEAR(white.images[1].data()[i], factor * g1 * pure1.data()[i], tolerance);
}

TEST(Whiten, MultipliesEachFrequencyByTheFilter) {
  check_waves<double>(1e-12);
  check_waves<float>(1e-5);  // the input itself is rounded to 6e-8 of values up to 3
}

TEST(Whiten, BringsTheMeanVarianceToTheTargetWithOneFactor) {
  const std::vector<Image<double>> images = {noise<double>(20, 30, 1), noise<double>(33, 17, 2),
                                             wave<double>(16, 16, 2, 1)};
  const auto white = whiten(images, {.cutoff = 0.3, .variance = 2.5});
  double mean = 0;
  for (const auto& image : white.images) mean += variance(image) / 3;
  EXPECT_NEAR(mean, 2.5, 1e-12);
  EXPECT_EQ(white.images[1].rows(), 33);
  EXPECT_EQ(white.images[1].columns(), 17);
  for (const auto& image : white.images) {  // the frequency 0 is gone
    double sum = 0;
    for (std::int64_t i = 0; i < image.size(); ++i) sum += image.data()[i];
    EXPECT_NEAR(sum / static_cast<double>(image.size()), 0, 1e-13);
  }
}

TEST(Whiten, StateWhitensAnotherImageAlike) {
  const std::vector<Image<float>> images = {noise<float>(20, 30, 1), noise<float>(33, 17, 2)};
  const auto white = whiten(images, {.cutoff = 0.35});
  EXPECT_EQ(whiten(images[1], white.state), white.images[1]);
  WhiteningState twice = white.state;
  twice.factor *= 2;
  const auto doubled = whiten(images[1], twice);
  for (std::int64_t i = 0; i < doubled.size(); ++i)
    ASSERT_FLOAT_EQ(doubled.data()[i], 2 * white.images[1].data()[i]);
}

TEST(Whiten, TreatsChannelsApart) {
  const Image<double> colour = noise<double>(12, 15, 5, 3);
  const auto white = whiten(std::vector{colour});
  for (std::int64_t k = 0; k < 3; ++k) {
    Image<double> alone(12, 15);
    for (std::int64_t i = 0; i < alone.size(); ++i) alone.data()[i] = colour.data()[3 * i + k];
    const auto filtered = whiten(alone, white.state);
    for (std::int64_t i = 0; i < alone.size(); ++i)
      ASSERT_NEAR(filtered.data()[i], white.images[0].data()[3 * i + k], 1e-13);
  }
}

TEST(Whiten, WithoutTheFilterOnlyScales) {
  const std::vector<Image<double>> images = {noise<double>(9, 9, 1), noise<double>(9, 12, 2)};
  const auto scaled = whiten(images, {.filter = false, .variance = 0.1});
  EXPECT_NEAR((variance(scaled.images[0]) + variance(scaled.images[1])) / 2, 0.1, 1e-14);
  for (std::int64_t i = 0; i < images[0].size(); ++i)
    ASSERT_DOUBLE_EQ(scaled.images[0].data()[i], scaled.state.factor * images[0].data()[i]);
}

TEST(Whiten, ConstantImageAmongOthersBecomesZero) {
  Image<float> constant(8, 9);
  for (std::int64_t i = 0; i < constant.size(); ++i) constant.data()[i] = 0.3f;
  const auto white = whiten(std::vector{noise<float>(8, 9, 1), constant});
  for (std::int64_t i = 0; i < constant.size(); ++i) ASSERT_EQ(white.images[1].data()[i], 0);
  EXPECT_NEAR(variance(white.images[0]), 0.2, 1e-6);  // the mean with the constant one is 0.1
}

TEST(Whiten, UndoneUpToTheMean) {
  // Frequencies where the gain is above a tenth of its largest: the regularisation of 1e-4 then
  // changes them by less than (1e-4 / 0.1)^2.
  Image<double> image = wave<double>(48, 64, 5, 2, 0.4);
  const Image<double> other = wave<double>(48, 64, 11, 17);
  for (std::int64_t i = 0; i < image.size(); ++i) image.data()[i] += other.data()[i];
  const auto white = whiten(std::vector{image});
  const auto back = unwhiten(white.images[0], white.state, 1e-4);
  for (std::int64_t i = 0; i < image.size(); ++i)
    ASSERT_NEAR(back.data()[i], image.data()[i] - 0.4, 1e-5);
}

// The filter of 2023, by the plain sums: |f|^1.4 exp(-(f / 0.4)^4) over its mean over all frequencies.
double gain_of_2023(int rows, int columns, int u, int v) {
  const auto at = [&](int k, int l) {
    const double f = std::hypot((2 * k > rows ? k - rows : k) / double(rows),
                                (2 * l > columns ? l - columns : l) / double(columns));
    return std::pow(f, 1.4) * std::exp(-std::pow(f / 0.4, 4));
  };
  double mean = 0;
  for (int k = 0; k < rows; ++k)
    for (int l = 0; l < columns; ++l) mean += at(k, l) / (rows * columns);
  return at(u, v) / mean;
}

constexpr WhitenSettings of_2023{.exponent = 1.4, .scale = WhitenScale::gain};

TEST(Whiten, ScalesTheFilterToAMeanOfOne) {
  for (const auto& [rows, columns] : {std::pair{32, 40}, {25, 31}, {1, 16}}) {
    const int u = std::min(3, rows - 1), v = 5;
    const Image<double> pure = wave<double>(rows, columns, u, v);
    const double expected = gain_of_2023(rows, columns, u, v);
    // Neither the mean nor the other images matter.
    const auto white =
        whiten<double>({wave<double>(rows, columns, u, v, 3.5), noise<double>(9, 8, 1)}, of_2023);
    EXPECT_EQ(white.state.factor, 1);
    for (std::int64_t i = 0; i < pure.size(); ++i)
      ASSERT_NEAR(white.images[0].data()[i], expected * pure.data()[i], 1e-12);
    EXPECT_EQ(whiten(noise<double>(9, 8, 1), white.state), white.images[1]);
  }
}

TEST(Whiten, OfMeanGainOneMakesConstantImagesZero) {
  Image<float> constant(8, 9);
  for (std::int64_t i = 0; i < constant.size(); ++i) constant.data()[i] = 0.3f;
  for (const Image<float>& image : whiten<float>({constant, Image<float>(1, 1)}, of_2023).images)
    for (std::int64_t i = 0; i < image.size(); ++i) ASSERT_EQ(image.data()[i], 0);
  WhitenSettings nothing = of_2023;
  nothing.filter = false;
  EXPECT_EQ(whiten<float>({constant}, nothing).images[0], constant);
}

TEST(Whiten, OfMeanGainOneIsUndone) {
  // As above: both frequencies pass with more than a tenth of the largest gain.
  Image<double> image = wave<double>(48, 64, 5, 2, 0.4);
  const Image<double> other = wave<double>(48, 64, 11, 17);
  for (std::int64_t i = 0; i < image.size(); ++i) image.data()[i] += other.data()[i];
  const auto white = whiten(std::vector{image}, of_2023);
  const auto back = unwhiten(white.images[0], white.state, 1e-4);
  for (std::int64_t i = 0; i < image.size(); ++i)
    ASSERT_NEAR(back.data()[i], image.data()[i] - 0.4, 1e-5);
}

// Ten images of 512 x 512 from an NPY file of version 1 whose elements are of type Stored.
template <class Stored>
std::vector<Image<double>> ten_images(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  unsigned char start[10] = {};
  file.read(reinterpret_cast<char*>(start), 10);
  file.seekg(10 + start[8] + 256 * start[9]);
  std::vector<Image<double>> images;
  std::vector<Stored> values(512 * 512);
  for (int k = 0; k < 10; ++k) {
    file.read(reinterpret_cast<char*>(values.data()),
              static_cast<std::streamsize>(values.size() * sizeof(Stored)));
    images.emplace_back(512, 512);
    std::copy(values.begin(), values.end(), images.back().data());
  }
  EXPECT_TRUE(file.good());
  return images;
}

TEST(Whiten, GivesTheImagesOf1996) {
  const auto raw = require_data("olshausen/olshausen_raw_u8.npy");
  const auto published = require_data("olshausen/olshausen_whitened_f32.npy");
  if (!raw || !published) return;
  // The authors' cutoff: 200 cycles per image of 512 pixels.
  const auto white = whiten(ten_images<unsigned char>(*raw), {.cutoff = 200.0 / 512});
  const auto expected = ten_images<float>(*published);
  for (std::size_t k = 0; k < 10; ++k) {
    double ab = 0, aa = 0, bb = 0;
    for (std::int64_t i = 0; i < expected[k].size(); ++i) {
      const double a = white.images[k].data()[i], b = expected[k].data()[i];
      ab += a * b, aa += a * a, bb += b * b;
    }
    EXPECT_GT(ab / std::sqrt(aa * bb), 0.9999999) << "image " << k;
  }
}

TEST(Whiten, SameBitsForAnyNumberOfThreads) {
  std::vector<Image<float>> images;
  for (std::uint64_t i = 0; i < 7; ++i) images.push_back(noise<float>(31, 20, i));
  set_thread_count(1);
  const auto one = whiten(images);
  for (const int threads : {2, 4}) {
    set_thread_count(threads);
    const auto more = whiten(images);
    EXPECT_EQ(one.images, more.images);
    EXPECT_EQ(one.state.factor, more.state.factor);
  }
  set_thread_count(0);
}

TEST(Whiten, RefusesWhatCannotBeWhitened) {
  using Images = std::vector<Image<float>>;
  EXPECT_EQ(message([] { whiten(Images{}); }), "whiten: no images; at least one is needed");
  EXPECT_EQ(message([] {
              whiten(Images{Image<float>(4, 4), Image<float>(5, 6)});
            }),
            "whiten: all 2 images are constant; at least one must vary");
  EXPECT_EQ(message([] {
              whiten(Images{noise<float>(4, 4, 1), Image<float>(0, 6)});
            }),
            "whiten: image 1 has 0 rows and 6 columns; there must be at least one of each");
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    Images images = {noise<float>(4, 4, 1), noise<float>(4, 4, 2)};
    images[1](2, 3) = bad;
    EXPECT_EQ(message([&] { whiten(images); }),
              "whiten: image 1 has a value that is not finite; all must be numbers");
  }
  EXPECT_THAT(message([] { whiten(Images{noise<float>(4, 4, 1)}, {.cutoff = 0}); }),
              StartsWith("whiten: cutoff"));
  EXPECT_THAT(message([] { whiten(Images{noise<float>(4, 4, 1)}, {.exponent = 0}); }),
              StartsWith("whiten: exponent"));
  EXPECT_THAT(message([] { unwhiten(noise<float>(4, 4, 1), {}, 0.); }),
              StartsWith("unwhiten: regularization is 0"));
}

}  // namespace
}  // namespace striate
