// What every backend of linalg/fft.h is tested for.
#pragma once

#include <gtest/gtest.h>

#include <complex>
#include <cstdint>
#include <limits>
#include <numbers>
#include <vector>

#include "striate/core/random.h"
#include "striate/linalg/fft/backend.h"

namespace striate {

// Compares with the definition: lengths of one, primes, powers of two, and enough lines at once to
// fill vectors and leave some over.
template <class T>
void check_fft_backend() {
  using detail::FftDirection;
  for (const std::int64_t length : {1, 2, 3, 8, 30, 31, 49, 64, 101})
    for (const std::int64_t lines : {1, 5, 16, 33})
      for (const int axis : {0, 1})
        for (const auto direction : {FftDirection::forward, FftDirection::backward}) {
          Random random(7, stream("fft backend"), static_cast<std::uint64_t>(length));
          std::vector<std::complex<T>> data(static_cast<std::size_t>(length * lines));
          for (auto& z : data)
            z = {static_cast<T>(random.normal()), static_cast<T>(random.normal())};
          auto transformed = data;
          detail::complex_fft(transformed.data(), axis == 0 ? length : lines,
                              axis == 0 ? lines : length, axis, direction);
          const auto at = [&](std::int64_t line, std::int64_t k) {
            return static_cast<std::size_t>(axis == 0 ? k * lines + line : line * length + k);
          };
          const double sign = direction == FftDirection::forward ? -1 : 1;
          // Each output sums `length` terms of size about 1 and one rounding each.
          const double tolerance =
              8 * std::numeric_limits<T>::epsilon() * static_cast<double>(length);
          for (std::int64_t line = 0; line < lines; ++line)
            for (std::int64_t u = 0; u < length; ++u) {
              std::complex<double> sum = 0;
              for (std::int64_t k = 0; k < length; ++k)
                sum += std::complex<double>(data[at(line, k)]) *
                       std::polar(1.0, sign * 2 * std::numbers::pi *
                                           static_cast<double>(u * k % length) /
                                           static_cast<double>(length));
              ASSERT_LT(std::abs(std::complex<double>(transformed[at(line, u)]) - sum), tolerance)
                  << "length " << length << ", lines " << lines << ", axis " << axis;
            }
        }
}

}  // namespace striate
