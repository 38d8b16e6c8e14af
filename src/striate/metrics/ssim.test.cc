#include "striate/metrics/ssim.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "striate/core/random.h"

namespace striate {
namespace {

template <class T = double>
Image<T> noise(std::int64_t rows, std::int64_t columns, std::uint64_t seed,
               std::int64_t channels = 1) {
  Image<T> image(rows, columns, channels);
  Random random(seed, stream("ssim test"));
  for (std::int64_t i = 0; i < image.size(); ++i)
    image.data()[i] = static_cast<T>(random.uniform());
  return image;
}

// Window by window from the definition, weights over all 121 pixels at once.
double plain(const Image<double>& a, const Image<double>& b, double range) {
  double total = 0, count = 0;
  for (std::int64_t top = 0; top + 11 <= a.rows(); ++top)
    for (std::int64_t left = 0; left + 11 <= a.columns(); ++left) {
      double w = 0, ma = 0, mb = 0, va = 0, vb = 0, cov = 0;
      const auto weight = [](std::int64_t r, std::int64_t c) {
        return std::exp(-static_cast<double>((r - 5) * (r - 5) + (c - 5) * (c - 5)) / 4.5);
      };
      for (int r = 0; r < 11; ++r)
        for (int c = 0; c < 11; ++c) w += weight(r, c);
      for (int r = 0; r < 11; ++r)
        for (int c = 0; c < 11; ++c) {
          ma += weight(r, c) / w * a(top + r, left + c);
          mb += weight(r, c) / w * b(top + r, left + c);
        }
      for (int r = 0; r < 11; ++r)
        for (int c = 0; c < 11; ++c) {
          const double da = a(top + r, left + c) - ma, db = b(top + r, left + c) - mb;
          va += weight(r, c) / w * da * da;
          vb += weight(r, c) / w * db * db;
          cov += weight(r, c) / w * da * db;
        }
      const double c1 = 0.0001 * range * range, c2 = 0.0009 * range * range;
      total += (2 * ma * mb + c1) * (2 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
      ++count;
    }
  return total / count;
}

TEST(Ssim, EqualsTheDefinition) {
  const auto a = noise(17, 23, 1), b = noise(17, 23, 2);
  auto mixed = a;
  for (std::int64_t i = 0; i < a.size(); ++i)
    mixed.data()[i] = 0.7 * a.data()[i] + 0.3 * b.data()[i];
  EXPECT_NEAR(ssim<double>(a, b), plain(a, b, 1), 1e-12);
  EXPECT_NEAR(ssim<double>(a, mixed, {.data_range = 3}), plain(a, mixed, 3), 1e-12);
  const auto f = noise<float>(17, 23, 1), g = noise<float>(17, 23, 2);
  EXPECT_NEAR(ssim<float>(f, g), plain(a, b, 1), 1e-6);
}

TEST(Ssim, OfConstantImagesIsTheTermOfTheMeans) {
  Image<double> a(11, 12), b(11, 12);
  for (std::int64_t i = 0; i < a.size(); ++i) a.data()[i] = 0.2, b.data()[i] = 0.6;
  EXPECT_NEAR(ssim<double>(a, b), (2 * 0.12 + 1e-4) / (0.04 + 0.36 + 1e-4), 1e-9);
}

TEST(Ssim, IsOneForEqualImagesAndSymmetric) {
  const auto a = noise(15, 15, 1, 3), b = noise(15, 15, 2, 3);
  EXPECT_NEAR(ssim<double>(a, a), 1, 1e-12);
  EXPECT_DOUBLE_EQ(ssim<double>(a, b), ssim<double>(b, a));
}

TEST(Ssim, OfColourIsTheMeanOfTheChannels) {
  const auto a = noise(14, 13, 1, 2), b = noise(14, 13, 2, 2);
  double mean = 0;
  for (std::int64_t k = 0; k < 2; ++k) {
    Image<double> x(14, 13), y(14, 13);
    for (std::int64_t i = 0; i < x.size(); ++i)
      x.data()[i] = a.data()[2 * i + k], y.data()[i] = b.data()[2 * i + k];
    mean += ssim<double>(x, y) / 2;
  }
  EXPECT_NEAR(ssim<double>(a, b), mean, 1e-13);
}

TEST(Ssim, RefusesWhatCannotBeCompared) {
  const auto message = [](const std::function<void()>& call) -> std::string {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message([] { ssim<double>(noise(12, 12, 1), noise(12, 13, 1)); }),
            "ssim: a reference of 12 x 12 x 1 and an image of 12 x 13 x 1; both must be alike");
  EXPECT_EQ(message([] { ssim<double>(noise(12, 10, 1), noise(12, 10, 1)); }),
            "ssim: images of 12 x 10 pixels; at least 11 x 11 are needed");
  auto bad = noise(11, 11, 1);
  bad(3, 3) = NAN;
  EXPECT_EQ(message([&] { ssim<double>(noise(11, 11, 1), bad); }),
            "ssim: the image has a value that is not finite");
  EXPECT_THROW(ssim<double>(noise(11, 11, 1), noise(11, 11, 1), {.data_range = 0}), Error);
}

}  // namespace
}  // namespace striate
