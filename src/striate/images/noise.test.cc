#include "striate/images/noise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/core/random.h"
#include "striate/images/synthetic.h"

namespace striate {
namespace {

template <class T>
void add_noise(Image<T>& image, double sigma, std::uint64_t seed) {
  Random random(seed, stream("noise"), 0);
  for (std::int64_t i = 0; i < image.size(); ++i)
    image.data()[i] += static_cast<T>(sigma * random.normal());
}

// The median of n normal sizes has a standard error of 1.17 sigma / sqrt(n); neighbours of the
// filtered image are correlated, which costs less than a factor of 3: 1.3 % of sigma here.
TEST(noise, PureNoiseIsMeasured) {
  for (const std::int64_t channels : {1, 3}) {
    Image<double> image(256, 300, channels);
    add_noise(image, 0.2, 3);
    EXPECT_NEAR(estimate_noise<double>(image), 0.2, 4 * 0.013 * 0.2) << channels;
  }
}

// Generated leaves have a hard edge at every tenth pixel or so; edges only ever add.
TEST(noise, EdgesRaiseItALittle) {
  for (const double sigma : {0.06, 0.1, 0.2}) {
    auto images = dead_leaves<float>({.set = {.images = 1, .seed = 5}});
    add_noise(images[0], sigma, 4);
    const double ratio = estimate_noise<float>(images[0]) / sigma;
    EXPECT_GT(ratio, 0.95);
    EXPECT_LT(ratio, 1.25);
  }
}

TEST(noise, RampsAreNoNoise) {
  Image<double> image(40, 40);
  for (std::int64_t r = 0; r < 40; ++r)
    for (std::int64_t c = 0; c < 40; ++c) image(r, c) = 0.5 + 0.01 * double(r) - 0.003 * double(c);
  EXPECT_LT(estimate_noise<double>(image), 1e-14);
}

TEST(noise, RefusesWhatCannotBeMeasured) {
  EXPECT_THAT([] { estimate_noise<float>(Image<float>(6, 40)); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("6 x 40")));
  Image<float> bad(20, 20);
  bad(3, 3) = NAN;
  EXPECT_THROW(estimate_noise<float>(bad), Error);
}

}  // namespace
}  // namespace striate
