#include "striate/pipelines/image_preparation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "striate/core/random.h"
#include "striate/images/disc_mask.h"
#include "striate/images/local_contrast.h"
#include "striate/images/tikhonov.h"
#include "striate/images/whiten.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

template <class T>
Image<T> noise(std::int64_t rows, std::int64_t columns, std::int64_t channels = 1) {
  Image<T> image(rows, columns, channels);
  Random random(1, stream("image preparation test"));
  for (std::int64_t i = 0; i < image.size(); ++i)
    image.data()[i] = static_cast<T>(0.5 + 0.2 * random.normal());
  return image;
}

template <class T>
double distance(const Image<T>& a, const Image<T>& b) {
  double most = 0;
  for (std::int64_t i = 0; i < a.size(); ++i)
    most = std::max(most, std::abs(double(a.data()[i]) - double(b.data()[i])));
  return most;
}

template <class T>
class ImagePreparationOf : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(ImagePreparationOf, Precisions);

TYPED_TEST(ImagePreparationOf, is_undone_by_restore_image) {
  using T = TypeParam;
  for (const std::int64_t channels : {1, 3})
    for (const std::optional<double> highpass : {std::optional<double>(), {0.}, {3.}})
      for (const int contrast : {0, 3}) {
        const Image<T> image = noise<T>(21, 17, channels);
        const ImagePreparation preparation{.highpass = highpass, .contrast = contrast};
        const auto prepared = prepare_image(image, preparation);
        const Image<T> back = restore_image(prepared.image, prepared, preparation);
        EXPECT_LT(distance(image, back), 8 * std::numeric_limits<T>::epsilon());
        const bool highpassed = highpass.value_or(contrast > 0 ? 0 : 10) > 0;
        EXPECT_EQ(prepared.background.size() > 0, highpassed || contrast > 0);
        EXPECT_EQ(prepared.gain.size() > 0, contrast > 0);
      }
}

TYPED_TEST(ImagePreparationOf, is_the_highpass_and_then_contrast) {
  using T = TypeParam;
  const Image<T> image = noise<T>(19, 24);
  EXPECT_EQ(prepare_image(image, {}).image, tikhonov_highpass(image).high);
  EXPECT_EQ(prepare_image(image, {.contrast = 4}).image,
            local_contrast_normalize(image, {.radius = 4}).image);
  const Image<T> high = tikhonov_highpass(image, {.gradient_weight = 5, .padding = 3}).high;
  EXPECT_EQ(prepare_image(image, {.highpass = 5, .highpass_padding = 3, .contrast = 4}).image,
            local_contrast_normalize(high, {.radius = 4}).image);
  EXPECT_EQ(prepare_image(image, {.highpass = 0}).image, image);
}

TYPED_TEST(ImagePreparationOf, whitens_and_gives_back_what_whitening_lost) {
  using T = TypeParam;
  for (const std::int64_t channels : {1, 3})
    for (const std::optional<double> highpass : {std::optional<double>(), {3.}})
      for (const int contrast : {0, 3})
        for (const double exponent : {1.0, 1.4}) {
          const Image<T> image = noise<T>(24, 31, channels);
          const ImagePreparation preparation{.highpass = highpass,
                                             .whiten = ImageWhitening::filter,
                                             .exponent = exponent,
                                             .contrast = contrast};
          const auto prepared = prepare_image(image, preparation);
          const Image<T> back = restore_image(prepared.image, prepared, preparation);
          EXPECT_LT(distance(image, back), 200 * std::numeric_limits<T>::epsilon());
          EXPECT_EQ(prepared.lost.size(), image.size());
          EXPECT_EQ(prepared.background.size() > 0, contrast > 0);
          // The mean is lost to whitening, so the code has no say in it.
          Image<T> brighter = image;
          for (std::int64_t i = 0; i < image.size(); ++i) brighter.data()[i] += T(0.25);
          EXPECT_LT(distance(prepare_image(brighter, preparation).image, prepared.image), 1e-4);
        }
}

// An error of a code grows by no more than 1 / (2 * 0.1) of the largest gain on the way back.
TYPED_TEST(ImagePreparationOf, keeps_errors_small_where_whitening_is_undone) {
  using T = TypeParam;
  const Image<T> image = noise<T>(40, 48);
  const ImagePreparation preparation{.whiten = ImageWhitening::filter};
  const auto prepared = prepare_image(image, preparation);
  Image<T> wrong = prepared.image;
  const Image<T> error = noise<T>(40, 48);
  double given = 0, found = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) {
    wrong.data()[i] += error.data()[i];
    given += std::pow(double(error.data()[i]), 2);
  }
  const Image<T> back = restore_image(wrong, prepared, preparation);
  for (std::int64_t i = 0; i < image.size(); ++i)
    found += std::pow(double(back.data()[i]) - double(image.data()[i]), 2);
  // The largest gain is above the mean gain, 1.
  EXPECT_LT(found, 5 * 5 * given);
  EXPECT_GT(found, 0);
}

TYPED_TEST(ImagePreparationOf, is_that_of_2023_with_whitening_contrast_and_the_disc) {
  using T = TypeParam;
  for (const std::int64_t channels : {1, 2}) {
    const Image<T> image = noise<T>(33, 40, channels);
    const WhiteningState state{.settings = {.exponent = 1.4, .scale = WhitenScale::gain}};
    const Image<T> even = local_contrast_normalize(whiten(image, state), {.radius = 7}).image;
    const ImagePreparation preparation{
        .whiten = ImageWhitening::filter, .contrast = 7, .disc_mask = true};
    EXPECT_EQ(prepare_image(image, preparation).image, disc_mask(even));
    EXPECT_EQ(preparation.highpass_in_force(), 0);
    EXPECT_FALSE(preparation.changes_nothing());
  }
}

TYPED_TEST(ImagePreparationOf, loses_the_rim_of_the_disc_and_nothing_else) {
  using T = TypeParam;
  const Image<T> image = noise<T>(30, 41);
  const Image<T> disc = disc_weights<T>(30, 41);
  for (const int contrast : {0, 4}) {
    const ImagePreparation preparation{.highpass = 0, .contrast = contrast, .disc_mask = true};
    const auto prepared = prepare_image(image, preparation);
    Image<T> coded = prepared.image;
    const Image<T> back = restore_image(coded, prepared, preparation);
    std::int64_t rim = 0;
    for (std::int64_t i = 0; i < image.size(); ++i) {
      if (disc.data()[i] >= T(least_disc_weight)) {
        EXPECT_NEAR(back.data()[i], image.data()[i], 16 * std::numeric_limits<T>::epsilon());
        continue;
      }
      ++rim;
      // Its local mean is what comes back, whatever a code says there.
      EXPECT_EQ(back.data()[i], contrast > 0 ? prepared.background.data()[i] : T(0));
      coded.data()[i] = 100;
    }
    EXPECT_GT(rim, image.size() / 6);
    EXPECT_EQ(restore_image(coded, prepared, preparation), back);
  }
}

TYPED_TEST(ImagePreparationOf, sees_nothing_of_what_has_no_weight) {
  using T = TypeParam;
  const Image<T> image = noise<T>(40, 90);
  Image<T> weights(40, 90), other = image;
  for (std::int64_t i = 0; i < weights.size(); ++i) {
    // A band so wide that the low of its middle comes from far away.
    weights.data()[i] = i % 90 < 70 && i % 3 != 0 ? T(1) : T(0);
    if (weights.data()[i] == 0) other.data()[i] = std::numeric_limits<T>::quiet_NaN();
  }
  const auto prepared = prepare_image(image, {.highpass = 0.3}, weights);
  const auto blind = prepare_image(other, {.highpass = 0.3}, weights);
  EXPECT_EQ(prepared.image, blind.image);
  EXPECT_EQ(prepared.background, blind.background);
  for (std::int64_t i = 0; i < weights.size(); ++i) {
    if (weights.data()[i] == 0) EXPECT_EQ(prepared.image.data()[i], 0);
    else
      EXPECT_NEAR(prepared.image.data()[i] + prepared.background.data()[i], image.data()[i], 1e-6);
    // A mean of what is seen lies within it.
    EXPECT_GT(prepared.background.data()[i], 0);
    EXPECT_LT(prepared.background.data()[i], 1);
  }
}

TYPED_TEST(ImagePreparationOf, with_weights_of_one_is_that_without) {
  using T = TypeParam;
  const Image<T> image = noise<T>(16, 16);
  Image<T> ones(16, 16);
  std::fill_n(ones.data(), ones.size(), T(1));
  EXPECT_EQ(prepare_image(image, {}, ones).image, prepare_image(image, {}).image);
}

TEST(ImagePreparation, keeps_the_mean_of_a_constant_behind_a_mask) {
  Image<double> image(30, 30), weights(30, 30);
  std::fill_n(image.data(), image.size(), 0.7);
  weights(3, 4) = 1;  // a single pixel tells of all others
  const auto prepared = prepare_image(image, {}, weights);
  for (std::int64_t i = 0; i < image.size(); ++i) {
    EXPECT_NEAR(prepared.background.data()[i], 0.7, 1e-9);
    EXPECT_NEAR(prepared.image.data()[i], 0, 1e-9);
  }
}

TEST(ImagePreparation, refuses_what_it_cannot_do) {
  Image<float> image = noise<float>(8, 9);
  Image<float> weights(8, 9);
  EXPECT_THAT([&] { prepare_image(image, {}, Image<float>(9, 8)); },
              ThrowsMessage<Error>(HasSubstr("weights are 9 x 8 x 1; they must be 8 x 9 x 1")));
  EXPECT_THAT([&] { prepare_image(image, {}, weights); },
              ThrowsMessage<Error>(HasSubstr("all weights are 0")));
  EXPECT_EQ(prepare_image(image, {.highpass = 0}, weights).image, Image<float>(8, 9));
  weights(0, 0) = 1;
  EXPECT_THAT([&] { prepare_image(image, {.contrast = 2}, weights); },
              ThrowsMessage<Error>(HasSubstr("local contrast needs every pixel")));
  EXPECT_THAT([&] { prepare_image(image, {.whiten = ImageWhitening::filter}, weights); },
              ThrowsMessage<Error>(
                  HasSubstr("whiten is filter; whitening needs every pixel, so with unseen "
                            "ones it must be none")));
  EXPECT_THAT([&] { prepare_image(image, {.cutoff = 0}); },
              ThrowsMessage<Error>(HasSubstr("cutoff is 0")));
  EXPECT_THAT([&] { prepare_image(image, {.exponent = -1}); },
              ThrowsMessage<Error>(HasSubstr("exponent is -1")));
  weights(0, 0) = -1;
  EXPECT_THAT([&] { prepare_image(image, {}, weights); },
              ThrowsMessage<Error>(HasSubstr("weights hold -1")));
  image(2, 5) = std::numeric_limits<float>::infinity();
  EXPECT_THAT([&] { prepare_image(image, {}); },
              ThrowsMessage<Error>(HasSubstr("row 2, column 5 is NaN or infinity")));
  EXPECT_THAT([&] { prepare_image(noise<float>(8, 9), {.highpass = -1}); },
              ThrowsMessage<Error>(HasSubstr("highpass is -1")));
  EXPECT_THAT([&] { restore_image(image, {.background = Image<float>(3, 3)}, {}); },
              ThrowsMessage<Error>(HasSubstr("the background is 3 x 3 x 1, the image 8 x 9 x 1")));
}

}  // namespace
}  // namespace striate
