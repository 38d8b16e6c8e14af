#include "striate/linalg/fft.h"

#include <utility>
#include <vector>

#include "striate/core/errors.h"
#include "striate/linalg/fft/backend.h"

namespace striate {
namespace {

using detail::complex_fft;
using detail::FftDirection;

template <class T>
void check(const char* who, const Plane<T>& image) {
  if (image.rows < 1 || image.columns < 1)
    throw Error(who, ": an image of ", image.rows, " rows and ", image.columns,
                " columns; there must be at least one of each");
}

}  // namespace

std::int64_t fft_good_size(std::int64_t n) {
  for (std::int64_t good = n < 1 ? 1 : n;; ++good) {
    std::int64_t rest = good;
    for (const std::int64_t prime : {2, 3, 5, 7, 11})
      while (rest % prime == 0) rest /= prime;
    if (rest == 1) return good;
  }
}

// Two real rows a, b make one complex row w = a + i b with the transform W. Of it,
// A(v) = (W(v) + conj W(-v)) / 2 and B(v) = (W(v) - conj W(-v)) / 2i.
template <class T>
void fft2(Plane<const T> image, std::complex<T>* spectrum) {
  check("fft2", image);
  const std::int64_t rows = image.rows, columns = image.columns, half = fft_columns(columns);
  const std::int64_t pairs = (rows + 1) / 2;
  std::vector<std::complex<T>> packed(static_cast<std::size_t>(pairs * columns));
  const auto at = [&](std::int64_t r, std::int64_t c) {
    return r < rows ? image.data[r * image.row_stride + c * image.column_stride] : T(0);
  };
  for (std::int64_t p = 0; p < pairs; ++p)
    for (std::int64_t c = 0; c < columns; ++c)
      packed[static_cast<std::size_t>(p * columns + c)] = {at(2 * p, c), at(2 * p + 1, c)};
  complex_fft(packed.data(), pairs, columns, 1, FftDirection::forward);
  for (std::int64_t p = 0; p < pairs; ++p) {
    const std::complex<T>* w = packed.data() + p * columns;
    for (std::int64_t v = 0; v < half; ++v) {
      const std::complex<T> plus = w[v], minus = std::conj(w[v == 0 ? 0 : columns - v]);
      const std::complex<T> sum = plus + minus, difference = plus - minus;
      spectrum[2 * p * half + v] = T(0.5) * sum;
      if (2 * p + 1 < rows)
        spectrum[(2 * p + 1) * half + v] = {T(0.5) * difference.imag(),
                                            T(-0.5) * difference.real()};
    }
  }
  complex_fft(spectrum, rows, half, 0, FftDirection::forward);
}

template <class T>
void inverse_fft2(const std::complex<T>* spectrum, Plane<T> image) {
  check("inverse_fft2", image);
  const std::int64_t rows = image.rows, columns = image.columns, half = fft_columns(columns);
  const std::int64_t pairs = (rows + 1) / 2;
  std::vector<std::complex<T>> lines(spectrum, spectrum + rows * half);
  complex_fft(lines.data(), rows, half, 0, FftDirection::backward);

  // Row r's full transform: what lies beyond the half is the mirror image's conjugate, and what is
  // its own mirror image is real.
  const auto at = [&](std::int64_t r, std::int64_t v) -> std::complex<T> {
    if (r == rows) return 0;
    if (v >= half) return std::conj(lines[static_cast<std::size_t>(r * half + columns - v)]);
    const std::complex<T> value = lines[static_cast<std::size_t>(r * half + v)];
    return v == 0 || 2 * v == columns ? std::complex<T>(value.real()) : value;
  };
  std::vector<std::complex<T>> packed(static_cast<std::size_t>(pairs * columns));
  for (std::int64_t p = 0; p < pairs; ++p)
    for (std::int64_t v = 0; v < columns; ++v) {
      const std::complex<T> a = at(2 * p, v), b = at(2 * p + 1, v);
      packed[static_cast<std::size_t>(p * columns + v)] = {a.real() - b.imag(),
                                                           a.imag() + b.real()};
    }
  complex_fft(packed.data(), pairs, columns, 1, FftDirection::backward);
  const T factor = static_cast<T>(1.0 / static_cast<double>(rows * columns));
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c) {
      const std::complex<T> value = packed[static_cast<std::size_t>(r / 2 * columns + c)];
      image.data[r * image.row_stride + c * image.column_stride] =
          factor * (r % 2 == 0 ? value.real() : value.imag());
    }
}

template void fft2(Plane<const float>, std::complex<float>*);
template void fft2(Plane<const double>, std::complex<double>*);
template void inverse_fft2(const std::complex<float>*, Plane<float>);
template void inverse_fft2(const std::complex<double>*, Plane<double>);

}  // namespace striate
