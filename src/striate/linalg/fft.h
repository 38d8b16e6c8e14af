// Fourier transforms of real images, the one door to the FFT library (linalg/fft/).
//
//   F(u, v) = sum_{r,c} f(r, c) exp(-2 pi i (u r / rows + v c / columns))
//
// A real image has F(-u, -v) = conj F(u, v), so only v = 0 .. columns/2 is stored: the half
// spectrum, rows x (columns/2 + 1) in C order. Row u stands for the frequency fft_frequency(u,
// rows) cycles per pixel down the columns, column v for v / columns along the rows.
//
// Any size, fastest for products of 2, 3, 5, 7, 11; a one-row image is a 1-D signal. No state is
// shared: calls are safe together, and equal input gives equal bits. Each runs on the caller's
// thread.
#pragma once

#include <complex>
#include <cstdint>

namespace striate {

// One real channel: element (r, c) lies at data[r * row_stride + c * column_stride].
template <class T>
struct Plane {
  T* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t row_stride = 0;
  std::int64_t column_stride = 1;
};

// Columns of the half spectrum of an image with so many columns.
constexpr std::int64_t fft_columns(std::int64_t columns) { return columns / 2 + 1; }

// Frequency of entry k of a transform of length n, in cycles per sample: (-1/2, 1/2].
constexpr double fft_frequency(std::int64_t k, std::int64_t n) {
  return static_cast<double>(2 * k <= n ? k : k - n) / static_cast<double>(n);
}

// The smallest length >= n that transforms fast.
std::int64_t fft_good_size(std::int64_t n);

// F of the image. `spectrum` holds rows x fft_columns(columns). T is float or double.
// Error: an image without elements.
template <class T>
void fft2(Plane<const T> image, std::complex<T>* spectrum);

// The real image whose transform this is, with the factor 1 / (rows columns), so that it undoes
// fft2. What no real image could have in the spectrum is ignored.
template <class T>
void inverse_fft2(const std::complex<T>* spectrum, Plane<T> image);

}  // namespace striate
