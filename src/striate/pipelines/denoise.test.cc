#include "striate/pipelines/denoise.h"

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
  return dead_leaves<float>({.set = {.images = 1, .rows = 96, .columns = 80, .seed = 2}})[0];
}

Image<float> with_noise(Image<float> image, double sigma) {
  Random random(9, stream("noise"), 0);
  for (std::int64_t i = 0; i < image.size(); ++i)
    image.data()[i] += static_cast<float>(sigma * random.normal());
  return image;
}

double squared_error(const Image<float>& a, const Image<float>& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double d = static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]);
    sum += d * d;
  }
  return sum / static_cast<double>(a.size());
}

TEST(denoise, GivenAndOwnDictionariesTakeNoiseOut) {
  const Image<float> clean = clean_image(), noisy = with_noise(clean, 0.1);
  const Matrix<float> atoms = dct<float>({.patch = 8, .frequencies = 12});
  for (const Matrix<float>* given : {&atoms, static_cast<const Matrix<float>*>(nullptr)}) {
    const auto result = denoise(noisy, {.sigma = 0.1, .own = {.atoms = 100}}, given);
    EXPECT_LT(squared_error(result.image, clean), 0.4 * squared_error(noisy, clean));
    EXPECT_EQ(result.stopped, StopReason::none);
  }
}

TEST(denoise, ColourJoinedOrChannelByChannel) {
  const Image<float> grey = clean_image();
  Image<float> clean(grey.rows(), grey.columns(), 3);
  for (std::int64_t i = 0; i < clean.size(); ++i) clean.data()[i] = grey.data()[i / 3];
  const Image<float> noisy = with_noise(clean, 0.1);
  const Matrix<float> atoms = dct<float>({.patch = 8, .frequencies = 12});
  const double apart = squared_error(denoise(noisy, {.sigma = 0.1}, &atoms).image, clean);
  const double joined =
      squared_error(denoise(noisy, {.sigma = 0.1, .own = {.atoms = 128}}).image, clean);
  EXPECT_LT(apart, 0.4 * squared_error(noisy, clean));
  EXPECT_LT(joined, 0.4 * squared_error(noisy, clean));
}

TEST(denoise, SameBitsForAnyThreads) {
  const Image<float> noisy = with_noise(clean_image(), 0.1);
  const DenoiseSettings settings{.own = {.atoms = 81, .epochs = 1}};
  const auto one = denoise<float>(noisy, settings, nullptr, {.threads = 1});
  const auto four = denoise<float>(noisy, settings, nullptr, {.threads = 4});
  EXPECT_TRUE(one.image == four.image);
  EXPECT_NEAR(one.sigma, 0.1, 0.015);
}

TEST(denoise, ConstantImagesComeBack) {
  Image<float> flat(20, 20);
  for (std::int64_t i = 0; i < flat.size(); ++i) flat.data()[i] = 0.5f;
  EXPECT_TRUE(denoise(flat).image == flat);  // no noise is found
  const Matrix<float> atoms = dct<float>({.patch = 8});
  EXPECT_TRUE(denoise(flat, {.sigma = 0.1}, &atoms).image == flat);
}

TEST(denoise, StopsWhenAsked) {
  const Image<float> noisy = with_noise(clean_image(), 0.1);
  const Matrix<float> atoms = dct<float>({.patch = 8});
  const auto result = denoise<float>(noisy, {.sigma = 0.1}, &atoms, {.max_seconds = 0});
  EXPECT_EQ(result.stopped, StopReason::time_limit);
  EXPECT_TRUE(result.image == noisy);
}

TEST(denoise, RefusesByName) {
  Image<float> image = clean_image();
  const auto refusal = [&](const DenoiseSettings& settings, const Matrix<float>* atoms,
                           const char* words) {
    EXPECT_THAT([&] { denoise(image, settings, atoms); }, ThrowsMessage<Error>(HasSubstr(words)));
  };
  for (double sigma : {0.0, -1.0, double(NAN)}) refusal({.sigma = sigma}, nullptr, "sigma");
  refusal({.patches = {.stride = 9}}, nullptr, "stride is 9");
  const Matrix<float> odd(50, 3);
  refusal({.sigma = 0.1}, &odd, "model has atoms of 50 values");
  const Matrix<float> large(10000, 3);
  refusal({.sigma = 0.1}, &large, "patches of 100 x 100");
  image(4, 5) = NAN;
  refusal({}, nullptr, "row 4, column 5");
}

}  // namespace
}  // namespace striate
