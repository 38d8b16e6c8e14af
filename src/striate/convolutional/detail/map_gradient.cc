#include "striate/convolutional/detail/map_gradient.h"

namespace striate::detail {

template <class T>
Matrix<T> maps_by_position(const ConvolutionalCodes<T>& codes) {
  const MapShape& s = codes.shape();
  Matrix<T> maps(s.filters, s.rows() * s.columns());
  for (std::int64_t row = 0; row < s.rows(); ++row)
    for (auto i = std::size_t(codes.starts()[std::size_t(row)]);
         i < std::size_t(codes.starts()[std::size_t(row) + 1]); ++i)
      maps(codes.filters()[i], row * s.columns() + codes.columns()[i]) = codes.values()[i];
  return maps;
}

template <class T>
double gradient_squares(const MapShape& s, MatrixView<const T> maps) {
  double sum = 0;
  for (std::int64_t row = 0; row < s.rows(); ++row)
    for (std::int64_t column = 0; column < s.columns(); ++column) {
      const auto at = [&](std::int64_t r, std::int64_t c) {
        return maps.column(r % s.rows() * s.columns() + c % s.columns()).data();
      };
      const T *here = at(row, column), *below = at(row + 1, column), *right = at(row, column + 1);
      for (std::int64_t k = 0; k < s.filters; ++k) {
        const auto x = static_cast<double>(here[k]);
        const double down = static_cast<double>(below[k]) - x,
                     across = static_cast<double>(right[k]) - x;
        sum += down * down + across * across;
      }
    }
  return sum;
}

template <class T>
void subtract_gradient(double gamma, const MapShape& s, MatrixView<const T> maps, std::int64_t row,
                       MatrixView<T> c) {
  const T weight = static_cast<T>(gamma);
  const std::int64_t rows = s.rows(), columns = s.columns();
  const auto at = [&](std::int64_t r, std::int64_t column) {
    return maps.column((r + rows) % rows * columns + (column + columns) % columns).data();
  };
  for (std::int64_t column = 0; column < columns; ++column) {
    const T *here = at(row, column), *above = at(row - 1, column), *below = at(row + 1, column),
            *left = at(row, column - 1), *right = at(row, column + 1);
    T* to = c.column(column).data();
    for (std::int64_t k = 0; k < s.filters; ++k)
      to[k] -= weight * ((here[k] - above[k]) + (here[k] - below[k]) + (here[k] - left[k]) +
                         (here[k] - right[k]));
  }
}

#define STRIATE_INSTANTIATE(T)                                                                \
  template Matrix<T> maps_by_position(const ConvolutionalCodes<T>&);                          \
  template double gradient_squares(const MapShape&, MatrixView<const T>);                     \
  template void subtract_gradient(double, const MapShape&, MatrixView<const T>, std::int64_t, \
                                  MatrixView<T>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate::detail
