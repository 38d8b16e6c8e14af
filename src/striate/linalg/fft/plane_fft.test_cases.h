// What PlaneFft has to do in either precision.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>

#include "striate/core/matrix.h"
#include "striate/linalg/fft.h"
#include "striate/linalg/plane_fft.h"

namespace striate {

// Against fft2, whose half spectrum is halved along the other axis; and back. Rounding of a
// transform of N numbers of about 1 is a few eps times sqrt(N) log N at most.
template <class T>
void check_plane_fft() {
  for (auto [rows, columns] : {std::pair<std::int64_t, std::int64_t>{1, 1},
                               {2, 1},
                               {1, 9},
                               {16, 15},
                               {15, 16},
                               {13, 17},
                               {32, 40},
                               {7, 64},
                               {64, 7},
                               {30, 1}}) {
    const PlaneFft<T> fft(rows, columns);
    AlignedVector<T> plane(static_cast<std::size_t>(fft.plane_size())), back(plane.size(), T(7));
    AlignedVector<T> spectrum(static_cast<std::size_t>(fft.spectrum_size()));
    std::vector<T> dense(static_cast<std::size_t>(rows * columns));
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t c = 0; c < columns; ++c)
        dense[std::size_t(r * columns + c)] = plane[std::size_t(r * fft.stride() + c)] =
            T(std::sin(double(3 * r + 1) * double(c + 2)));
    std::vector<std::complex<T>> half(static_cast<std::size_t>(rows * fft_columns(columns)));
    fft2<T>({dense.data(), rows, columns, columns}, half.data());
    fft.forward(plane.data(), spectrum.data());
    const double n = double(rows * columns);
    const double tolerance =
        8 * double(std::numeric_limits<T>::epsilon()) * std::sqrt(n) * (1 + std::log2(n));
    for (std::int64_t u = 0; u < fft.blocks() * fft.lanes; ++u)
      for (std::int64_t v = 0; v < columns; ++v) {
        std::complex<T> wanted = 0;
        if (2 * u <= rows) {
          const bool mirrored = v >= fft_columns(columns);
          const std::int64_t row = mirrored ? (rows - u) % rows : u % rows,
                             column = mirrored ? columns - v : v;
          wanted = half[std::size_t(row * fft_columns(columns) + column)];
          if (mirrored) wanted = std::conj(wanted);
        }
        const std::int64_t at = ((u / fft.lanes * columns + v) * 2) * fft.lanes + u % fft.lanes;
        ASSERT_NEAR(spectrum[std::size_t(at)], wanted.real(), tolerance)
            << rows << " x " << columns;
        ASSERT_NEAR(spectrum[std::size_t(at + fft.lanes)], wanted.imag(), tolerance);
      }
    fft.inverse(spectrum.data(), back.data());
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t c = 0; c < fft.stride(); ++c)
        ASSERT_NEAR(back[std::size_t(r * fft.stride() + c)],
                    c < columns ? plane[std::size_t(r * fft.stride() + c)] : T(0), tolerance);
  }
}

// Parseval, with every frequency as often as the whole spectrum has it.
template <class T>
void check_plane_fft_multiplicity() {
  for (std::int64_t rows : {1, 2, 5, 8}) {
    const PlaneFft<T> fft(rows, 6);
    AlignedVector<T> plane(static_cast<std::size_t>(fft.plane_size()));
    AlignedVector<T> spectrum(static_cast<std::size_t>(fft.spectrum_size()));
    double squares = 0, sum = 0;
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t c = 0; c < 6; ++c) {
        const T x = plane[std::size_t(r * fft.stride() + c)] = T(std::cos(double(r * 5 + c * c)));
        squares += double(x) * double(x);
      }
    fft.forward(plane.data(), spectrum.data());
    for (std::int64_t b = 0; b < fft.blocks(); ++b)
      for (std::int64_t i = 0; i < fft.block_size(); ++i) {
        const T x = spectrum[std::size_t(b * fft.block_size() + i)];
        sum += fft.multiplicity(b * fft.lanes + i % fft.lanes) * double(x) * double(x);
      }
    EXPECT_NEAR(sum / double(rows * 6), squares, 1e-5 * squares);
  }
}

}  // namespace striate
