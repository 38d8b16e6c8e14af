#include "striate/linalg/cholesky.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "striate/linalg/kernels.h"

namespace striate {
namespace {

template <class T>
using Dense = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic>;

constexpr int panel_columns = vector_bytes == 64 ? 8 : 4;
constexpr int tile_vectors = 3;  // so that a tile of these columns stays in registers

// A(i, j) -= sum_l L(i, l) L(j, l), l < before, for `columns` columns j from `first` and all i >= j.
template <class T, int columns, int vectors = tile_vectors>
void subtract_products(MatrixView<T> a, std::int64_t first, std::int64_t before, std::int64_t row) {
  constexpr std::int64_t high = vectors * lanes<T>;
  const std::int64_t n = a.rows;
  while (row < n) {
    if constexpr (vectors > 1)
      if (n - row <= high - lanes<T> || n < high)
        return subtract_products<T, columns, vectors - 1>(a, first, before, row);
    const std::int64_t top = std::min(row, n - high);  // rows above `row` are done
    if (top < 0) break;
    Vector<T> sums[columns][vectors] = {};
    for (std::int64_t l = 0; l < before; ++l) {
      const T* from = a.data + l * a.stride;
      Vector<T> left[vectors];
      for (int v = 0; v < vectors; ++v) left[v] = load(from + top + v * lanes<T>);
      for (int c = 0; c < columns; ++c)
        for (int v = 0; v < vectors; ++v) sums[c][v] += left[v] * from[first + c];
    }
    for (int c = 0; c < columns; ++c) {
      T tile[high];
      std::memcpy(tile, sums[c], sizeof tile);
      T* to = a.data + (first + c) * a.stride + top;
      for (std::int64_t i = std::max(row, first + c) - top; i < high; ++i) to[i] -= tile[i];
    }
    row = top + high;
  }
  for (; row < n; ++row)  // a matrix of less than a vector
    for (std::int64_t j = first; j < std::min(row + 1, first + columns); ++j)
      for (std::int64_t l = 0; l < before; ++l) a(row, j) -= a(row, l) * a(j, l);
}

}  // namespace

// Column by column within a panel of a few; what the columns before it take from a panel is one
// product, whose tiles stay in registers. Of small matrices a library's blocks make too much ado.

template <class T>
bool cholesky_factor(MatrixView<T> a, double least_pivot) {
  if (a.rows != a.columns)
    throw Error("cholesky_factor: ", a.rows, " x ", a.columns, "; the matrix must be square");
  constexpr int wide = panel_columns;
  const std::int64_t n = a.rows;
  for (std::int64_t first = 0; first < n; first += wide) {
    T diagonal[wide];
    const std::int64_t last = std::min(first + wide, n);
    for (std::int64_t j = first; j < last; ++j) diagonal[j - first] = a(j, j);
    if (last - first == wide) subtract_products<T, wide>(a, first, first, first);
    else
      for (std::int64_t j = first; j < last; ++j) subtract_products<T, 1>(a, j, first, j);
    for (std::int64_t j = first; j < last; ++j) {
      T* column = a.column(j).data();
      for (std::int64_t l = first; l < j; ++l)
        axpy(n - j, -a(j, l), a.column(l).data() + j, column + j);
      if (!(static_cast<double>(column[j]) >
            least_pivot * static_cast<double>(diagonal[j - first])))
        return false;
      const T pivot = std::sqrt(column[j]), inverse = 1 / pivot;
      column[j] = pivot;
      for (std::int64_t i = j + 1; i < n; ++i) column[i] *= inverse;
    }
  }
  return true;
}

template <class T>
void cholesky_solve(MatrixView<const T> l, std::span<T> x) {
  if (l.rows != l.columns || static_cast<std::int64_t>(x.size()) != l.rows)
    throw Error("cholesky_solve: a factor of ", l.rows, " x ", l.columns, " and a vector of ",
                x.size(), "; the sizes must agree");
  if (x.empty()) return;
  const Eigen::Map<const Dense<T>, 0, Eigen::OuterStride<>> map(l.data, l.rows, l.columns,
                                                                Eigen::OuterStride<>(l.stride));
  Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>> v(x.data(), l.rows);
  map.template triangularView<Eigen::Lower>().solveInPlace(v);
  map.template triangularView<Eigen::Lower>().transpose().solveInPlace(v);
}

#define STRIATE_INSTANTIATE(T)                          \
  template bool cholesky_factor(MatrixView<T>, double); \
  template void cholesky_solve(MatrixView<const T>, std::span<T>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
