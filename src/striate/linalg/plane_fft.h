// Fourier transforms of many real planes of one size: planned once, for images and maps that are
// multiplied frequency by frequency. As fft.h says, but the half spectrum is halved along the rows
// (u = 0 .. rows/2) and laid out for products: `lanes` frequencies u side by side, their real parts,
// then their imaginary parts, for every v:
//
//   part(u, v) at spectrum[((u / lanes * columns + v) * 2 + (0: real, 1: imaginary)) * lanes + u % lanes]
//
// Frequencies beyond rows/2 that fill up the last block are zero. Rows of planes are filled up to
// whole vectors, with zeros. Calls are safe together; each runs on the caller's thread.
#pragma once

#include <cstdint>
#include <memory>

#include "striate/linalg/kernels.h"

namespace striate {

template <class T>
class PlaneFft {
 public:
  static constexpr int lanes = (vector_bytes < 32 ? vector_bytes : 32) / int{sizeof(T)};

  // Error: no rows or columns.
  PlaneFft(std::int64_t rows, std::int64_t columns);

  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  std::int64_t stride() const;  // from one row of a plane to the next
  std::int64_t plane_size() const { return rows_ * stride(); }
  std::int64_t blocks() const { return (rows_ / 2 + lanes) / lanes; }  // of frequencies u
  std::int64_t block_size() const { return columns_ * 2 * lanes; }
  std::int64_t spectrum_size() const { return blocks() * block_size(); }  // in T
  // How often frequency u is in the whole spectrum: once, twice with its mirror image, or never.
  int multiplicity(std::int64_t u) const {
    return 2 * u > rows_ ? 0 : u == 0 || 2 * u == rows_ ? 1 : 2;
  }

  // Both begin on a cache line (AlignedVector).
  void forward(const T* plane, T* spectrum) const;
  // With the factor 1 / (rows columns); spoils the spectrum.
  void inverse(T* spectrum, T* plane) const;

 private:
  struct Plan;
  std::int64_t rows_, columns_;
  std::shared_ptr<const Plan> plan_;
};

// sum += a b, and sum += scale conj(a) b, for spectra or blocks of them.
template <class T>
void add_products(std::int64_t size, const T* a, const T* b, T* __restrict sum) {
  constexpr int n = PlaneFft<T>::lanes;
  for (std::int64_t i = 0; i < size; i += 2 * n)
    for (std::int64_t r = i; r < i + n; ++r) {
      sum[r] += a[r] * b[r] - a[r + n] * b[r + n];
      sum[r + n] += a[r] * b[r + n] + a[r + n] * b[r];
    }
}
template <class T>
void add_conjugate_products(std::int64_t size, T scale, const T* a, const T* b, T* __restrict sum) {
  constexpr int n = PlaneFft<T>::lanes;
  for (std::int64_t i = 0; i < size; i += 2 * n)
    for (std::int64_t r = i; r < i + n; ++r) {
      sum[r] += scale * (a[r] * b[r] + a[r + n] * b[r + n]);
      sum[r + n] += scale * (a[r] * b[r + n] - a[r + n] * b[r]);
    }
}

}  // namespace striate
