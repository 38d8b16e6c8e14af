// The half spectra of a bank's filters, zero-padded to a grid of pixels with tap (0, 0) at pixel
// (0, 0), in the layout of linalg/plane_fft.h.
#pragma once

#include "striate/convolutional/filter_bank.h"
#include "striate/core/observer.h"
#include "striate/linalg/plane_fft.h"

namespace striate::detail {

template <class T>
class Spectra {
 public:
  // Error: a filter larger than the grid.
  Spectra(const FilterBank<T>& bank, std::int64_t rows, std::int64_t columns, const Run& run);

  const PlaneFft<T>& fft() const { return fft_; }
  std::int64_t filters() const { return filters_; }
  std::int64_t channels() const { return channels_; }
  const T* of(std::int64_t filter, std::int64_t channel) const {
    return values_.data() + (filter * channels_ + channel) * fft_.spectrum_size();
  }
  // The spectrum of one channel of an image of the grid's size, and back; inverse spoils it.
  void transform(ImageView<const T> image, std::int64_t channel, T* spectrum) const;
  void invert(T* spectrum, std::int64_t channel, ImageView<T> image) const;
  // An upper bound of the largest eigenvalue of D'D: the most that sum_k |d_k(f)|^2 is.
  double squared_norm() const;

 private:
  PlaneFft<T> fft_;
  std::int64_t filters_, channels_;
  AlignedVector<T> values_;
};

}  // namespace striate::detail
