#include "striate/images/tikhonov.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "striate/core/random.h"

namespace striate {
namespace {

using testing::StartsWith;

template <class T>
Image<T> noise(std::int64_t rows, std::int64_t columns, std::uint64_t seed,
               std::int64_t channels = 1) {
  Image<T> image(rows, columns, channels);
  Random random(seed, stream("tikhonov test"));
  for (std::int64_t i = 0; i < image.size(); ++i)
    image.data()[i] = static_cast<T>(0.5 + 0.2 * random.normal());
  return image;
}

std::string message(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Where the gradient of |x - s|^2 + w (sum of squared differences) is 0, convolving by hand:
// x - s + w (4 x - its four neighbours) = 0, on a plane that repeats.
TEST(Tikhonov, SolvesItsNormalEquations) {
  for (const auto& [rows, columns] : {std::pair{17, 24}, {12, 13}, {1, 20}, {9, 1}, {2, 2}})
    for (const double weight : {0.3, 10., 1e4}) {
      const Image<double> s = noise<double>(rows, columns, 1);
      const auto split = tikhonov_highpass(s, {.gradient_weight = weight, .padding = 0});
      for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c) {
          const auto low = [&, rows = rows, columns = columns](int y, int x) {
            return split.low((y + rows) % rows, (x + columns) % columns);
          };
          const double around = low(r - 1, c) + low(r + 1, c) + low(r, c - 1) + low(r, c + 1);
          ASSERT_NEAR(low(r, c) - s(r, c) + weight * (4 * low(r, c) - around), 0,
                      1e-14 * (1 + 8 * weight));
        }
    }
}

TEST(Tikhonov, MirrorsBeyondTheBorders) {
  for (const auto& [rows, columns, padding] :
       {std::tuple{14, 9, 5}, {3, 4, 16}, {1, 6, 2}, {8, 8, 8}}) {
    const Image<double> s = noise<double>(rows, columns, 2);
    Image<double> larger(rows + 2 * padding, columns + 2 * padding);
    const auto mirror = [](int i, int size) {
      for (;;) {
        if (i < 0) i = -1 - i;
        else if (i >= size) i = 2 * size - 1 - i;
        else return i;
      }
    };
    for (int r = 0; r < larger.rows(); ++r)
      for (int c = 0; c < larger.columns(); ++c)
        larger(r, c) = s(mirror(r - padding, rows), mirror(c - padding, columns));
    const auto split = tikhonov_highpass(s, {.padding = padding});
    const auto whole = tikhonov_highpass(larger, {.padding = 0});
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c)
        ASSERT_EQ(split.low(r, c), whole.low(r + padding, c + padding));
  }
}

template <class T>
void check_sum() {
  for (const Image<T>& image : {noise<T>(40, 25, 3, 3), noise<T>(1, 1, 4), noise<T>(3, 64, 5)}) {
    const auto split = tikhonov_highpass(image);
    for (std::int64_t i = 0; i < image.size(); ++i)
      ASSERT_NEAR(split.high.data()[i] + split.low.data()[i], image.data()[i],
                  2 * std::numeric_limits<T>::epsilon());
  }
}

TEST(Tikhonov, PartsAddUpToTheImage) {
  check_sum<double>();
  check_sum<float>();
}

TEST(Tikhonov, ConstantChannelsAreAllLow) {
  Image<float> flat(7, 9);
  for (std::int64_t i = 0; i < flat.size(); ++i) flat.data()[i] = 0.3f;
  EXPECT_EQ(tikhonov_highpass(flat).low, flat);
  EXPECT_EQ(tikhonov_highpass(flat).high, Image<float>(7, 9));
  const Image<float> pixel = noise<float>(1, 1, 6);
  EXPECT_EQ(tikhonov_highpass(pixel).low, pixel);
}

TEST(Tikhonov, WeightZeroSplitsNothingOff) {
  const Image<double> image = noise<double>(8, 9, 7);
  const auto split = tikhonov_highpass(image, {.gradient_weight = 0});
  for (std::int64_t i = 0; i < image.size(); ++i) ASSERT_NEAR(split.high.data()[i], 0, 1e-14);
}

TEST(Tikhonov, TreatsChannelsApart) {
  const Image<double> colour = noise<double>(12, 15, 8, 3);
  const auto joint = tikhonov_highpass(colour);
  for (std::int64_t k = 0; k < 3; ++k) {
    Image<double> alone(12, 15);
    for (std::int64_t i = 0; i < alone.size(); ++i) alone.data()[i] = colour.data()[3 * i + k];
    const auto one = tikhonov_highpass(alone);
    for (std::int64_t i = 0; i < alone.size(); ++i)
      ASSERT_EQ(one.high.data()[i], joint.high.data()[3 * i + k]);
  }
}

TEST(Tikhonov, RefusesWhatItCannotFilter) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    Image<float> image = noise<float>(4, 5, 1);
    image(0, 4) = bad;
    EXPECT_EQ(message([&] { tikhonov_highpass(image); }),
              "tikhonov_highpass: the image has a value that is not finite; all must be numbers");
  }
  EXPECT_THAT(message([] { tikhonov_highpass(Image<double>(3, 0)); }),
              StartsWith("tikhonov_highpass: the image has 3 rows and 0 columns"));
  EXPECT_THAT(message([] { tikhonov_highpass(noise<double>(4, 4, 1), {.gradient_weight = -1}); }),
              StartsWith("tikhonov_highpass: gradient_weight is -1"));
  EXPECT_THAT(message([] { tikhonov_highpass(noise<double>(4, 4, 1), {.padding = -1}); }),
              StartsWith("tikhonov_highpass: padding is -1"));
}

}  // namespace
}  // namespace striate
