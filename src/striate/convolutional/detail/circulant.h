// Problem    z with (I + sum_k w_k A_k) z = r for images of one channel, A_k the circulant matrix of
//            filter k's autocorrelation: what D_A D_A' is on average where the entries of A lie evenly
// Update     z^ = r^ / (1 + sum_k w_k |d^_k|^2), hats: spectra. The sum of autocorrelations is formed in
//            space, where it has (2 h - 1)(2 w - 1) values, and transformed once
// Cost       set: filters (2 h - 1)(2 w - 1) and a transform; solve: two transforms
// Source     chan1988 (circulant preconditioners)
#pragma once

#include <span>

#include "striate/convolutional/filter_bank.h"
#include "striate/linalg/plane_fft.h"

namespace striate::detail {

template <class T>
class Circulant {
 public:
  // Filters may be larger than the image: they wrap.
  Circulant(const FilterBank<T>& bank, std::int64_t rows, std::int64_t columns);

  void set(std::span<const double> weights);  // one per filter, at least 0
  void solve(ImageView<const T> r, ImageView<T> z);

 private:
  std::int64_t rows_, columns_;  // of a filter
  Matrix<T> autocorrelations_;   // of filters as columns
  PlaneFft<T> fft_;
  AlignedVector<T> inverse_, spectrum_, plane_;
};

}  // namespace striate::detail
