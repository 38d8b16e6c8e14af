// Codes of images whose truth is known, and plain loops over positions and taps beside the library's
// own convolution.
#pragma once

#include <cstdint>
#include <vector>

#include "striate/convolutional/filter_bank.h"
#include "striate/core/random.h"
#include "tests/problems/random_matrix.h"

namespace striate::problems {

// About `density` of all positions and filters, with normal values.
template <class T>
ConvolutionalCodes<T> random_codes(const MapShape& shape, double density, std::uint64_t seed) {
  ConvolutionalCodes<T> codes(shape);
  Random random(seed, stream("random codes"));
  for (std::int64_t r = 0; r < shape.rows(); ++r)
    for (std::int64_t c = 0; c < shape.columns(); ++c)
      for (std::int64_t k = 0; k < shape.filters; ++k)
        if (random.uniform() < density) codes.append(r, c, k, static_cast<T>(random.normal()));
  return codes;
}

// Calls f(pixel, tap, entry) for every tap of every entry of filter k that lies on the image, with
// places in the arrays of image and filter.
template <class T, class F>
void for_taps(const ConvolutionalCodes<T>& codes, std::int64_t channels, std::int64_t k, F f) {
  const MapShape& s = codes.shape();
  for (std::int64_t row = 0; row < s.rows(); ++row)
    for (auto e = codes.starts()[std::size_t(row)]; e < codes.starts()[std::size_t(row) + 1]; ++e)
      for (std::int64_t a = 0; a < s.filter_rows && codes.filters()[std::size_t(e)] == k; ++a)
        for (std::int64_t b = 0; b < s.filter_columns; ++b) {
          std::int64_t r = row + a, c = codes.columns()[std::size_t(e)] + b;
          if (s.boundary == Boundary::circular) r %= s.image_rows, c %= s.image_columns;
          if (s.boundary == Boundary::linear) r -= s.filter_rows - 1, c -= s.filter_columns - 1;
          if (r < 0 || c < 0 || r >= s.image_rows || c >= s.image_columns) continue;
          for (std::int64_t i = 0; i < channels; ++i)
            f((r * s.image_columns + c) * channels + i, (a * s.filter_columns + b) * channels + i,
              e);
        }
}

// sum_k d_k * x_k, filters as columns.
template <class T>
Image<T> plain_synthesis(const Matrix<T>& taps, std::int64_t channels,
                         const ConvolutionalCodes<T>& codes) {
  const MapShape& s = codes.shape();
  Image<T> image(s.image_rows, s.image_columns, channels);
  for (std::int64_t k = 0; k < s.filters; ++k)
    for_taps(codes, channels, k, [&](std::int64_t pixel, std::int64_t tap, std::int64_t e) {
      image.data()[pixel] += taps(tap, k) * codes.values()[std::size_t(e)];
    });
  return image;
}

}  // namespace striate::problems
