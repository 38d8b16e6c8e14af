#include "striate/pipelines/image_preparation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "striate/core/random.h"
#include "striate/images/local_contrast.h"
#include "striate/images/tikhonov.h"

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
        const auto prepared = prepare_image(image, {.highpass = highpass, .contrast = contrast});
        const Image<T> back = restore_image(prepared.image, prepared.background, prepared.gain);
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
  weights(0, 0) = 1;
  EXPECT_THAT([&] { prepare_image(image, {.contrast = 2}, weights); },
              ThrowsMessage<Error>(HasSubstr("local contrast needs every pixel")));
  weights(0, 0) = -1;
  EXPECT_THAT([&] { prepare_image(image, {}, weights); },
              ThrowsMessage<Error>(HasSubstr("weights hold -1")));
  image(2, 5) = std::numeric_limits<float>::infinity();
  EXPECT_THAT([&] { prepare_image(image, {}); },
              ThrowsMessage<Error>(HasSubstr("row 2, column 5 is NaN or infinity")));
  EXPECT_THAT([&] { prepare_image(noise<float>(8, 9), {.highpass = -1}); },
              ThrowsMessage<Error>(HasSubstr("highpass is -1")));
  EXPECT_THAT([&] { restore_image(image, Image<float>(3, 3), {}); },
              ThrowsMessage<Error>(HasSubstr("the background is 3 x 3 x 1, the image 8 x 9 x 1")));
}

}  // namespace
}  // namespace striate
