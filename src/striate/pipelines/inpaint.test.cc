#include "striate/pipelines/inpaint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/core/random.h"
#include "striate/dictionaries/dct.h"
#include "striate/images/synthetic.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Image<float> clean_image() {
  return dead_leaves<float>({.set = {.images = 1, .rows = 80, .columns = 72, .seed = 2}})[0];
}

Image<std::uint8_t> random_mask(std::int64_t rows, std::int64_t columns, double missing) {
  Image<std::uint8_t> mask(rows, columns);
  Random random(4, stream("mask"), 0);
  for (std::int64_t i = 0; i < mask.size(); ++i) mask.data()[i] = random.uniform() >= missing;
  return mask;
}

// The image with NaN where the mask is 0: nothing may be read there.
Image<float> with_holes(Image<float> image, const Image<std::uint8_t>& mask) {
  for (std::int64_t i = 0; i < image.size(); ++i)
    if (!mask.data()[i / image.channels()]) image.data()[i] = NAN;
  return image;
}

double error_where_missing(const Image<float>& a, const Image<float>& b,
                           const Image<std::uint8_t>& mask) {
  double sum = 0, count = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    if (mask.data()[i / a.channels()]) continue;
    const double d = static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]);
    sum += d * d;
    ++count;
  }
  return std::sqrt(sum / count);
}

void expect_seen_pixels_unchanged(const Image<float>& a, const Image<float>& b,
                                  const Image<std::uint8_t>& mask) {
  for (std::int64_t i = 0; i < a.size(); ++i)
    if (mask.data()[i / a.channels()]) {
      ASSERT_EQ(a.data()[i], b.data()[i]) << i;
    }
}

// A plane wave is two atoms of an 8 x 8 patch at most; half of the pixels determine it.
TEST(inpaint, PlantedWaveIsFound) {
  Image<float> clean(40, 48);
  for (std::int64_t r = 0; r < 40; ++r)
    for (std::int64_t c = 0; c < 48; ++c)
      clean(r, c) = static_cast<float>(0.5 + 0.3 * std::cos(0.7 * double(r) + 0.4 * double(c)));
  Matrix<float> atoms(64, 2);
  for (int r = 0; r < 8; ++r)
    for (int c = 0; c < 8; ++c) {
      atoms(r * 8 + c, 0) = static_cast<float>(std::cos(0.7 * r + 0.4 * c));
      atoms(r * 8 + c, 1) = static_cast<float>(std::sin(0.7 * r + 0.4 * c));
    }
  const auto mask = random_mask(40, 48, 0.5);
  const auto result =
      inpaint<float>(with_holes(clean, mask), mask, {.relative_error = 1e-4}, &atoms);
  EXPECT_LT(error_where_missing(result.image, clean, mask), 1e-3);
  expect_seen_pixels_unchanged(result.image, clean, mask);
  EXPECT_EQ(result.passes, 1);
}

TEST(inpaint, GivenAndOwnDictionariesFill) {
  const Image<float> clean = clean_image();
  const auto mask = random_mask(clean.rows(), clean.columns(), 0.5);
  const Image<float> holed = with_holes(clean, mask);
  const Matrix<float> atoms = dct<float>({.patch = 8, .frequencies = 12});
  Image<float> mean(holed);
  double sum = 0;
  for (std::int64_t i = 0; i < clean.size(); ++i) sum += double(clean.data()[i]);
  for (std::int64_t i = 0; i < clean.size(); ++i)
    if (!mask.data()[i]) mean.data()[i] = static_cast<float>(sum / double(clean.size()));
  const double blank = error_where_missing(mean, clean, mask);
  for (const Matrix<float>* given : {&atoms, static_cast<const Matrix<float>*>(nullptr)}) {
    const auto result = inpaint(holed, mask, {.own = {.atoms = 100, .epochs = 3}}, given);
    EXPECT_LT(error_where_missing(result.image, clean, mask), 0.5 * blank);
    expect_seen_pixels_unchanged(result.image, clean, mask);
    EXPECT_EQ(result.stopped, StopReason::none);
  }
}

// Every missing pixel as the mean of the seen ones around it, weighted by 1 / distance^4.
Image<float> mean_of_neighbours(const Image<float>& image, const Image<std::uint8_t>& mask) {
  Image<float> out = image;
  for (std::int64_t r = 0; r < image.rows(); ++r)
    for (std::int64_t c = 0; c < image.columns(); ++c) {
      if (mask(r, c)) continue;
      double sum = 0, weights = 0;
      for (std::int64_t i = std::max<std::int64_t>(r - 6, 0); i < std::min(r + 7, image.rows());
           ++i)
        for (std::int64_t j = std::max<std::int64_t>(c - 6, 0);
             j < std::min(c + 7, image.columns()); ++j) {
          if (!mask(i, j)) continue;
          const double squared = double((i - r) * (i - r) + (j - c) * (j - c));
          sum += double(image(i, j)) / (squared * squared);
          weights += 1 / (squared * squared);
        }
      out(r, c) = static_cast<float>(sum / weights);
    }
  return out;
}

TEST(inpaint, BetterThanNeighboursWhereMostIsMissing) {
  const auto clean = clean_image();
  const auto mask = random_mask(80, 72, 0.8);
  const auto damaged = with_holes(clean, mask);
  const auto filled = inpaint<float>(damaged, mask).image;
  EXPECT_LT(error_where_missing(filled, clean, mask),
            error_where_missing(mean_of_neighbours(damaged, mask), clean, mask));
}

TEST(inpaint, WithSigmaWhatIsSeenIsDenoised) {
  const Image<float> clean = clean_image();
  Image<float> noisy(clean);
  Random random(9, stream("noise"), 0);
  for (std::int64_t i = 0; i < noisy.size(); ++i)
    noisy.data()[i] += static_cast<float>(0.1 * random.normal());
  const auto mask = random_mask(clean.rows(), clean.columns(), 0.3);
  Image<std::uint8_t> seen(mask);
  for (std::int64_t i = 0; i < seen.size(); ++i) seen.data()[i] = !mask.data()[i];
  const Matrix<float> atoms = dct<float>({.patch = 8, .frequencies = 12});
  const auto result = inpaint(with_holes(noisy, mask), mask, {.sigma = 0.1}, &atoms);
  EXPECT_LT(error_where_missing(result.image, clean, seen), 0.08);  // noise: 0.1
}

// A hole wider than a patch: filled in passes, each of which reaches 7 pixels further.
TEST(inpaint, WideHolesAreFilledFromTheBorder) {
  Image<float> ramp(50, 50);
  for (std::int64_t r = 0; r < 50; ++r)
    for (std::int64_t c = 0; c < 50; ++c) ramp(r, c) = static_cast<float>(r);
  Image<std::uint8_t> mask(50, 50);
  for (std::int64_t r = 0; r < 50; ++r)
    for (std::int64_t c = 0; c < 50; ++c) mask(r, c) = r < 10 || r >= 40 || c < 10 || c >= 40;
  const Matrix<float> atoms = dct<float>({.patch = 8, .frequencies = 12});
  const auto result = inpaint(with_holes(ramp, mask), mask, {}, &atoms);
  EXPECT_EQ(result.passes, 3);  // 30 pixels wide: 7 from each side, 7 more, the last 2
  for (std::int64_t i = 0; i < ramp.size(); ++i) ASSERT_TRUE(std::isfinite(result.image.data()[i]));
}

TEST(inpaint, ColourJoinedOrChannelByChannel) {
  const Image<float> grey = clean_image();
  Image<float> clean(grey.rows(), grey.columns(), 3);
  for (std::int64_t i = 0; i < clean.size(); ++i)
    clean.data()[i] = grey.data()[i / 3] * (i % 3 == 0 ? 1.0f : 0.6f);
  const auto mask = random_mask(grey.rows(), grey.columns(), 0.5);
  const Matrix<float> atoms = dct<float>({.patch = 8, .frequencies = 12});
  const Image<float> holed = with_holes(clean, mask);
  const double apart = error_where_missing(inpaint(holed, mask, {}, &atoms).image, clean, mask);
  const auto joined = inpaint<float>(holed, mask, {.own = {.patch = 6, .atoms = 64, .epochs = 2}});
  EXPECT_EQ(joined.atoms.rows(), 108);
  EXPECT_LT(apart, 0.1);
  EXPECT_LT(error_where_missing(joined.image, clean, mask), 0.1);
}

TEST(inpaint, SameBitsForAnyThreads) {
  const Image<float> clean = clean_image();
  const auto mask = random_mask(clean.rows(), clean.columns(), 0.6);
  const InpaintSettings settings{.own = {.atoms = 81, .epochs = 2}};
  const auto one = inpaint<float>(with_holes(clean, mask), mask, settings, nullptr, {.threads = 1});
  const auto four =
      inpaint<float>(with_holes(clean, mask), mask, settings, nullptr, {.threads = 4});
  EXPECT_TRUE(one.image == four.image);
}

TEST(inpaint, NothingMissingComesBack) {
  const Image<float> clean = clean_image();
  EXPECT_TRUE(inpaint(clean, random_mask(clean.rows(), clean.columns(), 0)).image == clean);
}

TEST(inpaint, RefusesByName) {
  Image<float> image = clean_image();
  Image<std::uint8_t> mask = random_mask(image.rows(), image.columns(), 0.5);
  const auto refusal = [&](const InpaintSettings& settings, const Image<std::uint8_t>& some,
                           const char* words) {
    EXPECT_THAT([&] { inpaint(image, some, settings); }, ThrowsMessage<Error>(HasSubstr(words)));
  };
  refusal({.sigma = 0.0}, mask, "sigma");
  refusal({.patches = {.stride = 8}}, mask, "stride is 8");
  refusal({}, random_mask(3, 4, 0.5), "mask has 3 x 4 pixels");
  refusal({}, random_mask(image.rows(), image.columns(), 2), "no pixel is seen");
  mask(4, 5) = 1;
  image(4, 5) = NAN;
  refusal({}, mask, "row 4, column 5");
}

}  // namespace
}  // namespace striate
