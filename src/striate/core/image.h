// Images: (rows, columns, channels) in C order, values as floats. A batch of images of different
// sizes is a std::vector<Image<T>>.
#pragma once

#include <cstdint>
#include <type_traits>

#include "striate/core/matrix.h"

namespace striate {

// An image that somebody else owns, channels interleaved, rows contiguous.
template <class T>
struct ImageView {
  T* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t channels = 1;

  ImageView() = default;
  ImageView(T* data_, std::int64_t rows_, std::int64_t columns_, std::int64_t channels_ = 1)
      : data(data_), rows(rows_), columns(columns_), channels(channels_) {
    if (rows < 0 || columns < 0 || channels < 1)
      throw Error("ImageView: ", rows, " rows, ", columns, " columns, ", channels,
                  " channels; sizes may not be negative and a channel is needed");
  }
  operator ImageView<const T>() const requires(!std::is_const_v<T>) {
    return {data, rows, columns, channels};
  }
  T& operator()(std::int64_t row, std::int64_t column, std::int64_t channel = 0) const {
    return data[(row * columns + column) * channels + channel];
  }
  std::int64_t size() const { return rows * columns * channels; }
};

template <class T>
class Image {
 public:
  Image() = default;
  Image(std::int64_t rows, std::int64_t columns, std::int64_t channels = 1)
      : rows_(rows), columns_(columns), channels_(channels) {
    ImageView<T>(nullptr, rows, columns, channels);  // checks the sizes
    data_.resize(static_cast<std::size_t>(rows * columns * channels));
  }
  explicit Image(ImageView<const T> from) : Image(from.rows, from.columns, from.channels) {
    for (std::int64_t i = 0; i < from.size(); ++i)
      data_[static_cast<std::size_t>(i)] = from.data[i];
  }

  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  std::int64_t channels() const { return channels_; }
  std::int64_t size() const { return rows_ * columns_ * channels_; }
  T* data() { return data_.data(); }
  const T* data() const { return data_.data(); }
  T& operator()(std::int64_t row, std::int64_t column, std::int64_t channel = 0) {
    return view()(row, column, channel);
  }
  const T& operator()(std::int64_t row, std::int64_t column, std::int64_t channel = 0) const {
    return view()(row, column, channel);
  }
  ImageView<T> view() { return {data_.data(), rows_, columns_, channels_}; }
  ImageView<const T> view() const { return {data_.data(), rows_, columns_, channels_}; }
  operator ImageView<T>() { return view(); }
  operator ImageView<const T>() const { return view(); }
  bool operator==(const Image&) const = default;

 private:
  std::int64_t rows_ = 0, columns_ = 0, channels_ = 1;
  AlignedVector<T> data_;
};

struct ImageShape {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t channels = 1;
  bool operator==(const ImageShape&) const = default;
};

}  // namespace striate
