#include "striate/convolutional/filter_bank.h"

#include <cmath>
#include <vector>

#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"

namespace striate {

template <class T>
struct FilterBank<T>::Prepared {
  Matrix<T> taps;
  std::int64_t rows, columns, channels;
  std::vector<double> squared_norms;
  LeftFactor<T> transposed;
};

template <class T>
FilterBank<T>::FilterBank(MatrixView<const T> taps, std::int64_t rows, std::int64_t columns,
                          std::int64_t channels) {
  if (rows < 1 || columns < 1 || channels < 1 || taps.columns < 1 ||
      taps.rows != rows * columns * channels)
    throw Error("FilterBank: ", taps.columns, " filters of ", taps.rows, " taps as ", rows, " x ",
                columns, " x ", channels,
                "; at least one filter is needed, and sizes whose product is the number of taps");
  auto prepared = std::make_shared<Prepared>(
      Prepared{Matrix<T>(taps), rows, columns, channels, {}, LeftFactor<T>(taps, true)});
  for (std::int64_t k = 0; k < taps.columns; ++k) {
    for (T x : taps.column(k))
      if (!std::isfinite(x))
        throw Error("FilterBank: filter ", k, " holds ", x, "; every tap must be finite");
    const T* d = taps.column(k).data();
    prepared->squared_norms.push_back(dot<double>(taps.rows, d, d));
  }
  prepared_ = std::move(prepared);
}

template <class T>
std::int64_t FilterBank<T>::filters() const {
  return prepared_->taps.columns();
}
template <class T>
std::int64_t FilterBank<T>::rows() const {
  return prepared_->rows;
}
template <class T>
std::int64_t FilterBank<T>::columns() const {
  return prepared_->columns;
}
template <class T>
std::int64_t FilterBank<T>::channels() const {
  return prepared_->channels;
}
template <class T>
MatrixView<const T> FilterBank<T>::taps() const {
  return prepared_->taps.view();
}
template <class T>
std::span<const double> FilterBank<T>::squared_norms() const {
  return prepared_->squared_norms;
}

template <class T>
MapShape FilterBank<T>::maps(std::int64_t image_rows, std::int64_t image_columns,
                             Boundary boundary) const {
  return {.image_rows = image_rows,
          .image_columns = image_columns,
          .filter_rows = rows(),
          .filter_columns = columns(),
          .filters = filters(),
          .boundary = boundary};
}

template <class T>
void FilterBank<T>::correlate(MatrixView<const T> patches, MatrixView<T> out) const {
  prepared_->transposed.multiply(patches, out);
}

template class FilterBank<float>;
template class FilterBank<double>;

}  // namespace striate
