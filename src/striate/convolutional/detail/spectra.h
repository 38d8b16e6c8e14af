// The half spectra of a bank's filters, zero-padded to a grid of pixels with tap (0, 0) at pixel
// (0, 0), and products with them frequency by frequency.
#pragma once

#include <complex>
#include <vector>

#include "striate/convolutional/filter_bank.h"
#include "striate/core/observer.h"

namespace striate::detail {

template <class T>
class Spectra {
 public:
  // Error: a filter larger than the grid.
  Spectra(const FilterBank<T>& bank, std::int64_t rows, std::int64_t columns, const Run& run);

  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  std::int64_t frequencies() const { return frequencies_; }  // of the half spectrum
  std::int64_t filters() const { return filters_; }
  std::int64_t channels() const { return channels_; }
  const std::complex<T>* of(std::int64_t filter, std::int64_t channel) const {
    return values_.data() + (filter * channels_ + channel) * frequencies_;
  }
  // How often a frequency of column v of the half spectrum is in the whole one.
  T multiplicity(std::int64_t v) const { return v == 0 || 2 * v == columns_ ? T(1) : T(2); }
  // Largest eigenvalue of D'D: of sum_k d_k(f) d_k(f)^H over the frequencies, bounded by its trace.
  double squared_norm() const;

 private:
  std::int64_t rows_, columns_, frequencies_, filters_, channels_;
  std::vector<std::complex<T>> values_;
};

// sum += a b and sum += a conj(b), element by element.
template <class T>
void add_products(std::int64_t n, const std::complex<T>* a, const std::complex<T>* b,
                  std::complex<T>* sum) {
  const T *x = reinterpret_cast<const T*>(a), *y = reinterpret_cast<const T*>(b);
  T* __restrict to = reinterpret_cast<T*>(sum);
  for (std::int64_t i = 0; i < 2 * n; i += 2) {
    to[i] += x[i] * y[i] - x[i + 1] * y[i + 1];
    to[i + 1] += x[i] * y[i + 1] + x[i + 1] * y[i];
  }
}
template <class T>
void add_conjugate_products(std::int64_t n, T scale, const std::complex<T>* a,
                            const std::complex<T>* b, std::complex<T>* sum) {
  const T *x = reinterpret_cast<const T*>(a), *y = reinterpret_cast<const T*>(b);
  T* __restrict to = reinterpret_cast<T*>(sum);
  for (std::int64_t i = 0; i < 2 * n; i += 2) {
    to[i] += scale * (x[i] * y[i] + x[i + 1] * y[i + 1]);
    to[i + 1] += scale * (x[i] * y[i + 1] - x[i + 1] * y[i]);
  }
}

}  // namespace striate::detail
