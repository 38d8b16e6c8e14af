#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "striate/core/errors.h"
#include "striate/core/random.h"
#include "striate/linalg/fft.h"

namespace striate {
namespace {

using Complex = std::complex<double>;

std::vector<double> noise(std::int64_t n, std::uint64_t seed) {
  Random random(seed, stream("fft test"));
  std::vector<double> values(static_cast<std::size_t>(n));
  for (double& x : values) x = random.normal();
  return values;
}

// The definition, term by term.
std::vector<Complex> plain_dft(const std::vector<double>& f, std::int64_t rows,
                               std::int64_t columns) {
  std::vector<Complex> spectrum;
  for (std::int64_t u = 0; u < rows; ++u)
    for (std::int64_t v = 0; v <= columns / 2; ++v) {
      Complex sum = 0;
      for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c) {
          const double turn = static_cast<double>(u * r % rows) / static_cast<double>(rows) +
                              static_cast<double>(v * c % columns) / static_cast<double>(columns);
          sum += f[static_cast<std::size_t>(r * columns + c)] *
                 std::polar(1.0, -2 * std::numbers::pi * turn);
        }
      spectrum.push_back(sum);
    }
  return spectrum;
}

struct Size {
  std::int64_t rows, columns;
};
const std::vector<Size> sizes = {{1, 1}, {1, 2},   {2, 1},   {1, 7},   {7, 1},  {4, 4},
                                 {5, 3}, {16, 16}, {13, 17}, {11, 22}, {8, 31}, {30, 27}};

template <class T>
void compare_with_plain_dft() {
  for (const Size size : sizes) {
    const auto image = noise(size.rows * size.columns, 1);
    const std::vector<T> values(image.begin(), image.end());
    const auto expected = plain_dft({values.begin(), values.end()}, size.rows, size.columns);
    std::vector<std::complex<T>> spectrum(expected.size());
    fft2<T>({values.data(), size.rows, size.columns, size.columns, 1}, spectrum.data());
    // Each output sums N terms of size about 1; the fast transform's error grows as log N only.
    const double tolerance =
        4 * std::numeric_limits<T>::epsilon() * static_cast<double>(size.rows * size.columns);
    for (std::size_t k = 0; k < expected.size(); ++k) {
      ASSERT_NEAR(spectrum[k].real(), expected[k].real(), tolerance) << size.rows << size.columns;
      ASSERT_NEAR(spectrum[k].imag(), expected[k].imag(), tolerance) << size.rows << size.columns;
    }
    std::vector<T> back(values.size());
    inverse_fft2<T>(spectrum.data(), {back.data(), size.rows, size.columns, size.columns, 1});
    for (std::size_t i = 0; i < back.size(); ++i) ASSERT_NEAR(back[i], values[i], tolerance);
  }
}

TEST(Fft, EqualsThePlainTransform) {
  compare_with_plain_dft<float>();
  compare_with_plain_dft<double>();
}

TEST(Fft, ReadsAndWritesOneChannelOfAnInterleavedImage) {
  constexpr std::int64_t rows = 6, columns = 9, channels = 3;
  const auto image = noise(rows * columns * channels, 2);
  for (std::int64_t channel = 0; channel < channels; ++channel) {
    std::vector<double> alone;
    for (std::int64_t i = 0; i < rows * columns; ++i)
      alone.push_back(image[static_cast<std::size_t>(i * channels + channel)]);
    const auto expected = plain_dft(alone, rows, columns);
    std::vector<Complex> spectrum(expected.size());
    fft2<double>({image.data() + channel, rows, columns, columns * channels, channels},
                 spectrum.data());
    for (std::size_t k = 0; k < expected.size(); ++k)
      ASSERT_LT(std::abs(spectrum[k] - expected[k]), 1e-12);
    auto back = std::vector<double>(image.size(), -7);
    inverse_fft2<double>(spectrum.data(),
                         {back.data() + channel, rows, columns, columns * channels, channels});
    for (std::int64_t i = 0; i < rows * columns * channels; ++i) {
      const auto at = static_cast<std::size_t>(i);
      ASSERT_NEAR(back[at], i % channels == channel ? image[at] : -7, 1e-13);
    }
  }
}

TEST(Fft, KeepsTheEnergyOfALargeImage) {
  constexpr std::int64_t rows = 500, columns = 509;  // 509 is prime
  const auto image = noise(rows * columns, 3);
  std::vector<Complex> spectrum(static_cast<std::size_t>(rows * fft_columns(columns)));
  fft2<double>({image.data(), rows, columns, columns, 1}, spectrum.data());
  double energy = 0, spectral = 0;
  for (double x : image) energy += x * x;
  for (std::int64_t u = 0; u < rows; ++u)
    for (std::int64_t v = 0; v < fft_columns(columns); ++v)
      spectral += (v == 0 ? 1 : 2) *
                  std::norm(spectrum[static_cast<std::size_t>(u * fft_columns(columns) + v)]);
  EXPECT_NEAR(spectral / (rows * columns) / energy, 1, 1e-12);
}

TEST(Fft, FrequenciesAreThoseOfTheDefinition) {
  EXPECT_EQ(fft_frequency(0, 8), 0);
  EXPECT_EQ(fft_frequency(3, 8), 0.375);
  EXPECT_EQ(fft_frequency(4, 8), 0.5);
  EXPECT_EQ(fft_frequency(5, 8), -0.375);
  EXPECT_EQ(fft_frequency(2, 5), 0.4);
  EXPECT_EQ(fft_frequency(3, 5), -0.4);
}

TEST(Fft, GoodSizesAreSmoothAndNeverSmaller) {
  for (std::int64_t n = 0; n < 600; ++n) {
    const std::int64_t good = fft_good_size(n);
    ASSERT_GE(good, n);
    std::int64_t rest = good;
    for (std::int64_t p : {2, 3, 5, 7, 11})
      while (rest % p == 0) rest /= p;
    ASSERT_EQ(rest, 1) << n;
  }
  EXPECT_EQ(fft_good_size(512), 512);
  EXPECT_LT(fft_good_size(509), 520);
}

TEST(Fft, RefusesAnImageWithoutElements) {
  std::complex<float> spectrum;
  try {
    fft2<float>({nullptr, 0, 4, 4, 1}, &spectrum);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "fft2: an image of 0 rows and 4 columns; there must be at least one of each");
  }
}

}  // namespace
}  // namespace striate
