// The image in the sample files (tests/fuzz/make_samples.py), from its formula.
#pragma once

#include <cstdlib>
#include <vector>

#include "striate/io/still.h"
#include "striate/io/testing.test.h"

namespace striate {

inline constexpr int sample_rows = 5, sample_columns = 7;

inline int sample_value(int i, int j, int channel) {
  return channel == 0 ? 10 * i + 3 * j + 1 : channel == 1 ? 200 - 10 * i : 60 + 5 * j;
}

template <class T = std::uint8_t, class F>
Array sample_array(int channels, F value) {
  std::vector<T> pixels;
  for (int i = 0; i < sample_rows; ++i)
    for (int j = 0; j < sample_columns; ++j)
      for (int c = 0; c < channels; ++c) pixels.push_back(static_cast<T>(value(i, j, c)));
  if (channels == 1) return Array::from<T>(pixels, {sample_rows, sample_columns});
  return Array::from<T>(pixels, {sample_rows, sample_columns, channels});
}

inline Array sample_grey() { return sample_array(1, sample_value); }
inline Array sample_colour() { return sample_array(3, sample_value); }
inline Array sample_grey16() {
  return sample_array<std::uint16_t>(
      1, [](int i, int j, int c) { return sample_value(i, j, c) * 257 + i; });
}
inline Array sample_colour16() {
  return sample_array<std::uint16_t>(
      3, [](int i, int j, int c) { return sample_value(i, j, c) * 256 + 7; });
}

// Turned by 90 degrees clockwise, as an image with orientation 6 has to be.
inline Array sample_turned(const Array& image) { return detail::orient(image, 6); }

inline void expect_near(const Array& got, const Array& wanted, int tolerance,
                        const std::string& what) {
  ASSERT_EQ(got.shape(), wanted.shape()) << what;
  const auto a = got.as<std::uint8_t>(), b = wanted.as<std::uint8_t>();
  int worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  EXPECT_LE(worst, tolerance) << what;
}

template <Array (*decode)(ByteView, const std::string&)>
Archive decode_to_archive(const FileBytes& file) {
  Archive archive;
  archive.arrays["data"] = decode(file, "x");
  return archive;
}

}  // namespace striate
