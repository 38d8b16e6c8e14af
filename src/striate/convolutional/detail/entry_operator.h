// D and D' on the entries of a code alone: what a solver does again and again while the places of
// the nonzeros stay.
//
//   correlate    out[i] = d_k' (patch of q at entry i's position)        D_A'q
//   synthesize   image = sum_i v[i] d_k at entry i's position            D_A v
//
// A row of taps is padded to whole vectors, so that an entry costs a few products of vectors per row.
#pragma once

#include <span>

#include "striate/convolutional/filter_bank.h"
#include "striate/core/observer.h"

namespace striate::detail {

template <class T>
class EntryOperator {
 public:
  EntryOperator(const FilterBank<T>& bank, const MapShape& shape);

  // Takes an image for correlate.
  void spread(ImageView<const T> image, const Run& run);
  void correlate(const ConvolutionalCodes<T>& entries, std::span<T> out, const Run& run) const;
  // Spoils the canvas.
  void synthesize(const ConvolutionalCodes<T>& entries, std::span<const T> values,
                  ImageView<T> image, const Run& run);

 private:
  T* canvas_row(std::int64_t r) { return canvas_.data() + r * stride_; }
  const T* taps(std::int64_t k, std::int64_t a) const {
    return taps_.data() + (k * rows_ + a) * padded_;
  }
  void fold(ImageView<T> image) const;

  const MapShape shape_;
  std::int64_t channels_, rows_,
      padded_;  // of filters: taps of a row, with channels, in whole vectors
  std::int64_t canvas_rows_, canvas_width_, stride_;
  AlignedVector<T> taps_, canvas_;
};

}  // namespace striate::detail
