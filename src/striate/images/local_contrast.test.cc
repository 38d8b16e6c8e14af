#include "striate/images/local_contrast.h"

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
  Random random(seed, stream("local contrast test"));
  for (std::int64_t i = 0; i < image.size(); ++i)
    image.data()[i] = static_cast<T>(0.5 + 0.2 * random.normal());
  return image;
}

template <class T>
Image<T> filled(std::int64_t rows, std::int64_t columns, double value) {
  Image<T> image(rows, columns);
  for (std::int64_t i = 0; i < image.size(); ++i) image.data()[i] = static_cast<T>(value);
  return image;
}

template <class T, class F>
Image<T> changed(Image<T> image, F change) {
  for (std::int64_t i = 0; i < image.size(); ++i)
    image.data()[i] = static_cast<T>(change(image.data()[i]));
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

// The definition, every sum written out over a square of weights.
LocalContrast<double> slow(const Image<double>& image, int n) {
  const int rows = int(image.rows()) + 2 * n, columns = int(image.columns()) + 2 * n;
  const auto mirror = [](int i, int size) {
    for (;;) {
      if (i < 0) i = -1 - i;
      else if (i >= size) i = 2 * size - 1 - i;
      else return i;
    }
  };
  Image<double> s(rows, columns);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c)
      s(r, c) = image(mirror(r - n, int(image.rows())), mirror(c - n, int(image.columns())));
  double total = 0;
  const auto weight = [&](int y, int x) {
    const double a = 3. * y / n, b = 3. * x / n;
    return std::exp(-(a * a + b * b) / 2);
  };
  for (int y = -n; y <= n; ++y)
    for (int x = -n; x <= n; ++x) total += weight(y, x);
  const auto convolved = [&](const Image<double>& plane) {
    Image<double> out(rows, columns);
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c)
        for (int y = -n; y <= n; ++y)
          for (int x = -n; x <= n; ++x)
            out(r, c) +=
                weight(y, x) / total * plane((r - y + rows) % rows, (c - x + columns) % columns);
    return out;
  };
  const Image<double> mean = convolved(s);
  Image<double> high = s;
  for (std::int64_t i = 0; i < s.size(); ++i) high.data()[i] -= mean.data()[i];
  const Image<double> power = convolved(changed(high, [](double x) { return x * x; }));
  const Image<double> v = changed(power, [](double x) { return std::sqrt(std::max(x, 0.)); });
  double least = 0;
  for (std::int64_t i = 0; i < v.size(); ++i) least += v.data()[i] / double(v.size());
  LocalContrast<double> result{image, image, image};
  for (int r = 0; r < image.rows(); ++r)
    for (int c = 0; c < image.columns(); ++c) {
      result.mean(r, c) = mean(r + n, c + n);
      result.divisor(r, c) = std::max(least, v(r + n, c + n));
      result.image(r, c) = high(r + n, c + n) / result.divisor(r, c);
    }
  return result;
}

TEST(LocalContrast, IsItsDefinition) {
  for (const auto& [rows, columns, radius] :
       {std::tuple{20, 31, 7}, {33, 18, 3}, {5, 4, 7}, {1, 9, 2}, {12, 1, 5}, {2, 3, 1}}) {
    const Image<double> image = noise<double>(rows, columns, 1);
    const auto fast = local_contrast_normalize(image, {.radius = radius});
    const auto twin = slow(image, radius);
    // Sums of 225 products of rounded numbers below 2.
    for (std::int64_t i = 0; i < image.size(); ++i) {
      ASSERT_NEAR(fast.mean.data()[i], twin.mean.data()[i], 1e-13);
      ASSERT_NEAR(fast.divisor.data()[i], twin.divisor.data()[i], 1e-13);
      ASSERT_NEAR(fast.image.data()[i], twin.image.data()[i], 1e-13 / twin.divisor.data()[i]);
    }
  }
}

// A dark image with one bright pixel: far from it the divisor is the mean of v, and nothing there
// is as small as the rounding of what is at the pixel.
TEST(LocalContrast, KeepsQuietRegionsExact) {
  Image<double> image(60, 70);
  image(30, 20) = 1;
  const auto fast = local_contrast_normalize(image), twin = slow(image, 7);
  for (std::int64_t i = 0; i < image.size(); ++i) {
    ASSERT_NEAR(fast.divisor.data()[i], twin.divisor.data()[i], 1e-13 * twin.divisor.data()[i]);
    ASSERT_NEAR(fast.image.data()[i], twin.image.data()[i], 1e-12);
  }
  EXPECT_EQ(fast.image(0, 69), 0);
}

template <class T>
void check_inverse() {
  for (const Image<T>& image :
       {noise<T>(40, 25, 3, 3), noise<T>(1, 1, 4), noise<T>(3, 64, 5), filled<T>(9, 8, 0.3)}) {
    const auto normalized = local_contrast_normalize(image);
    const Image<T> back = local_contrast_restore(normalized);
    // Four rounded numbers, the values below 2.
    for (std::int64_t i = 0; i < image.size(); ++i)
      ASSERT_NEAR(back.data()[i], image.data()[i], 8 * std::numeric_limits<T>::epsilon());
  }
}

TEST(LocalContrast, IsUndoneToRounding) {
  check_inverse<double>();
  check_inverse<float>();
}

TEST(LocalContrast, ScaleAndBrightnessChangeNothing) {
  const Image<double> image = noise<double>(30, 22, 6);
  const auto plain = local_contrast_normalize(image);
  for (const double factor : {0x1p-600, 0x1p-3, 4., 0x1p700}) {  // exact in binary
    const auto scaled =
        local_contrast_normalize(changed(image, [&](double x) { return factor * x; }));
    EXPECT_EQ(scaled.image, plain.image);
    EXPECT_EQ(scaled.divisor, changed(plain.divisor, [&](double x) { return factor * x; }));
  }
  const auto other = local_contrast_normalize(changed(image, [](double x) { return 255 * x - 9; }));
  const auto single =
      local_contrast_normalize(changed(noise<float>(30, 22, 6), [](float x) { return 255 * x; }));
  for (std::int64_t i = 0; i < image.size(); ++i) {
    ASSERT_NEAR(other.image.data()[i], plain.image.data()[i], 1e-12);
    // Inputs rounded to 6e-8 of values up to 1.5, over a divisor near 0.2.
    ASSERT_NEAR(single.image.data()[i], plain.image.data()[i], 2e-6);
  }
}

TEST(LocalContrast, ConstantChannelsBecomeZeros) {
  for (const double value : {0., 0.1, 255., 1e300}) {
    const auto flat = local_contrast_normalize(filled<double>(11, 6, value));
    EXPECT_EQ(flat.image, filled<double>(11, 6, 0));
    EXPECT_EQ(flat.mean, filled<double>(11, 6, value));
    EXPECT_EQ(flat.divisor, filled<double>(11, 6, 1));
  }
  const auto pixel = local_contrast_normalize(filled<float>(1, 1, 0.7));
  EXPECT_EQ(pixel.image(0, 0), 0);
  // Constant but for rounding, which the mean does not see.
  Image<double> almost = filled<double>(2, 2, 1);
  almost(1, 1) += std::numeric_limits<double>::epsilon();
  const auto normalized = local_contrast_normalize(almost, {.radius = 1});
  for (std::int64_t i = 0; i < 4; ++i) EXPECT_TRUE(std::isfinite(normalized.image.data()[i]));
  EXPECT_EQ(local_contrast_restore(normalized), almost);
}

TEST(LocalContrast, TreatsChannelsApart) {
  Image<double> colour = noise<double>(12, 15, 7, 3);
  for (std::int64_t i = 2; i < colour.size(); i += 3) colour.data()[i] *= 1e-200;
  const auto joint = local_contrast_normalize(colour);
  for (std::int64_t k = 0; k < 3; ++k) {
    Image<double> alone(12, 15);
    for (std::int64_t i = 0; i < alone.size(); ++i) alone.data()[i] = colour.data()[3 * i + k];
    const auto one = local_contrast_normalize(alone);
    for (std::int64_t i = 0; i < alone.size(); ++i)
      ASSERT_EQ(one.image.data()[i], joint.image.data()[3 * i + k]);
  }
}

TEST(LocalContrast, RefusesWhatItCannotNormalize) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Image<float> image = noise<float>(4, 5, 1);
    image(3, 2) = bad;
    EXPECT_EQ(message([&] { local_contrast_normalize(image); }),
              "local_contrast_normalize: the image has a value that is not finite; all must be "
              "numbers");
  }
  EXPECT_EQ(message([] { local_contrast_normalize(Image<float>(0, 6)); }),
            "local_contrast_normalize: the image has 0 rows and 6 columns; there must be at least "
            "one of each");
  EXPECT_THAT(message([] { local_contrast_normalize(noise<float>(4, 4, 1), {.radius = 0}); }),
              StartsWith("local_contrast_normalize: radius is 0"));
  EXPECT_EQ(message([] {
              const Image<float> a(2, 3), b(3, 2);
              local_contrast_restore<float>({a, b, a});
            }),
            "local_contrast_restore: an image of 2 x 3 x 1 and a mean of 3 x 2 x 1; both must be "
            "alike");
}

}  // namespace
}  // namespace striate
