// A bank of filters, prepared: made once, used by many calls, which it is safe to share.
#pragma once

#include <memory>
#include <span>

#include "striate/codes/convolutional_codes.h"
#include "striate/core/image.h"
#include "striate/core/matrix.h"

namespace striate {

template <class T>
class FilterBank {
 public:
  // Column k of `taps` is filter k: rows x columns taps of so many channels, in C order. Copies.
  // Error: sizes that do not fit, no filter, no tap, a tap that is not finite.
  FilterBank(MatrixView<const T> taps, std::int64_t rows, std::int64_t columns,
             std::int64_t channels = 1);

  std::int64_t filters() const;
  std::int64_t rows() const;
  std::int64_t columns() const;
  std::int64_t channels() const;
  MatrixView<const T> taps() const;
  std::span<const T> filter(std::int64_t k) const { return taps().column(k); }
  std::span<const double> squared_norms() const;

  // The maps of an image of that many pixels.
  MapShape maps(std::int64_t image_rows, std::int64_t image_columns, Boundary boundary) const;
  // out = taps' patches: the correlations (filters x n) with n patches (taps x n).
  void correlate(MatrixView<const T> patches, MatrixView<T> out) const;

 private:
  struct Prepared;
  std::shared_ptr<const Prepared> prepared_;
};

}  // namespace striate
