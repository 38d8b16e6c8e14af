#include "striate/convolutional/detail/entry_operator.h"

#include <algorithm>

#include "striate/core/parallel.h"
#include "striate/linalg/kernels.h"

namespace striate::detail {
namespace {

constexpr std::int64_t rows_per_chunk = 8;

std::int64_t chunks_of(std::int64_t n) { return (n + rows_per_chunk - 1) / rows_per_chunk; }

// Calls f(width) with `vectors` as a constant where it is small, so that loops over it unroll.
template <class F>
void with_vectors(std::int64_t vectors, F f) {
  if (vectors == 1) f(std::integral_constant<int, 1>());
  else if (vectors == 2) f(std::integral_constant<int, 2>());
  else f(vectors);
}

}  // namespace

template <class T>
EntryOperator<T>::EntryOperator(const FilterBank<T>& bank, const MapShape& shape)
    : shape_(shape), channels_(bank.channels()), rows_(bank.rows()) {
  const std::int64_t width = bank.columns() * channels_;
  padded_ = (width + lanes<T> - 1) / lanes<T> * lanes<T>;
  canvas_rows_ = shape.rows() + rows_ - 1;
  canvas_width_ = (shape.columns() + bank.columns() - 1) * channels_;
  stride_ = canvas_width_ + padded_;
  canvas_.resize(static_cast<std::size_t>(canvas_rows_ * stride_));
  taps_.resize(static_cast<std::size_t>(bank.filters() * rows_ * padded_));
  for (std::int64_t k = 0; k < bank.filters(); ++k)
    for (std::int64_t a = 0; a < rows_; ++a)
      std::copy_n(bank.filter(k).data() + a * width, width,
                  taps_.data() + (k * rows_ + a) * padded_);
}

template <class T>
void EntryOperator<T>::spread(ImageView<const T> image, const Run& run) {
  const bool around = shape_.boundary == Boundary::circular;
  const bool beyond = shape_.boundary == Boundary::linear;
  const std::int64_t down = beyond ? shape_.filter_rows - 1 : 0;
  const std::int64_t right = beyond ? (shape_.filter_columns - 1) * channels_ : 0;
  const std::int64_t width = image.columns * channels_;
  RunState state(run);
  parallel_for(
      chunks_of(canvas_rows_),
      [&](std::int64_t chunk, int) {
        for (std::int64_t r = chunk * rows_per_chunk;
             r < std::min((chunk + 1) * rows_per_chunk, canvas_rows_); ++r) {
          T* to = canvas_row(r);
          const std::int64_t row = around ? (r - down) % image.rows : r - down;
          std::fill_n(to, stride_, T(0));
          if (row < 0 || row >= image.rows) continue;
          const T* from = image.data + row * width;
          std::copy_n(from, width, to + right);
          for (std::int64_t at = width; around && at < canvas_width_; at += width)
            std::copy_n(from, std::min(width, canvas_width_ - at), to + at);
        }
      },
      state);
}

template <class T>
void EntryOperator<T>::fold(ImageView<T> image) const {
  const bool around = shape_.boundary == Boundary::circular;
  const bool beyond = shape_.boundary == Boundary::linear;
  const std::int64_t down = beyond ? shape_.filter_rows - 1 : 0;
  const std::int64_t right = beyond ? (shape_.filter_columns - 1) * channels_ : 0;
  const std::int64_t width = image.columns * channels_;
  std::fill_n(image.data, image.size(), T(0));
  for (std::int64_t r = 0; r < canvas_rows_; ++r) {
    const std::int64_t row = around ? (r - down) % image.rows : r - down;
    if (row < 0 || row >= image.rows) continue;
    const T* from = canvas_.data() + r * stride_;
    T* to = image.data + row * width;
    for (std::int64_t i = 0; i < width; ++i) to[i] += from[right + i];
    for (std::int64_t at = width; around && at < canvas_width_; at += width)
      for (std::int64_t i = 0; i < std::min(width, canvas_width_ - at); ++i) to[i] += from[at + i];
  }
}

template <class T>
void EntryOperator<T>::correlate(const ConvolutionalCodes<T>& entries, std::span<T> out,
                                 const Run& run) const {
  RunState state(run);
  parallel_for(
      chunks_of(shape_.rows()),
      [&](std::int64_t chunk, int) {
        with_vectors(padded_ / lanes<T>, [&](auto vectors) {
          const std::int64_t last = std::min((chunk + 1) * rows_per_chunk, shape_.rows());
          for (std::int64_t r = chunk * rows_per_chunk; r < last; ++r)
            for (auto i = std::size_t(entries.starts()[std::size_t(r)]);
                 i < std::size_t(entries.starts()[std::size_t(r) + 1]); ++i) {
              const T* d = taps(entries.filters()[i], 0);
              const T* q = canvas_.data() + r * stride_ + entries.columns()[i] * channels_;
              Vector<T> sum = {};
              for (std::int64_t a = 0; a < rows_; ++a)
                for (int v = 0; v < vectors; ++v)
                  sum +=
                      load(d + a * padded_ + v * lanes<T>) * load(q + a * stride_ + v * lanes<T>);
              T total = 0;
              for (int l = 0; l < lanes<T>; ++l) total += sum[l];
              out[i] = total;
            }
        });
      },
      state);
}

template <class T>
void EntryOperator<T>::synthesize(const ConvolutionalCodes<T>& entries, std::span<const T> values,
                                  ImageView<T> image, const Run& run) {
  RunState state(run);
  parallel_for(
      chunks_of(canvas_rows_),
      [&](std::int64_t chunk, int) {
        with_vectors(padded_ / lanes<T>, [&](auto vectors) {
          const std::int64_t first = chunk * rows_per_chunk;
          const std::int64_t last = std::min(first + rows_per_chunk, canvas_rows_);
          for (std::int64_t r = first; r < last; ++r) std::fill_n(canvas_row(r), stride_, T(0));
          const std::int64_t from = std::max<std::int64_t>(0, first - rows_ + 1);
          for (std::int64_t row = from; row < std::min(last, shape_.rows()); ++row) {
            const std::int64_t top = std::max(first, row), bottom = std::min(last, row + rows_);
            const auto begin = static_cast<std::size_t>(entries.starts()[std::size_t(row)]);
            const auto count =
                static_cast<std::size_t>(entries.starts()[std::size_t(row) + 1]) - begin;
            // Neighbours overlap, and a sum waits for the one before it: take them from four parts
            // of the row in turn.
            const std::size_t part = (count + 3) / 4;
            for (std::size_t j = 0; j < part; ++j)
              for (std::size_t i = begin + j; i < begin + count; i += part) {
                const T* d = taps(entries.filters()[i], top - row);
                T* to = canvas_row(top) + entries.columns()[i] * channels_;
                const T value = values[i];
                for (std::int64_t r = top; r < bottom; ++r, d += padded_, to += stride_)
                  for (int v = 0; v < vectors; ++v) {
                    const Vector<T> sum = load(to + v * lanes<T>) + value * load(d + v * lanes<T>);
                    std::memcpy(to + v * lanes<T>, &sum, sizeof sum);
                  }
              }
          }
        });
      },
      state);
  fold(image);
}

template class EntryOperator<float>;
template class EntryOperator<double>;

}  // namespace striate::detail
