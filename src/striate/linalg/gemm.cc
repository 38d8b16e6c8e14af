#include "striate/linalg/gemm.h"

#include <Eigen/Core>
#include <algorithm>

namespace striate {
namespace {

// Every product runs over blocks of exactly this many columns, the last one padded with zeros, so
// that a column's bits depend neither on its place nor on its neighbours.
constexpr std::int64_t block_columns = 32;

template <class T>
using Dense = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
template <class T>
using ConstMap = Eigen::Map<const Dense<T>, 0, Eigen::OuterStride<>>;
template <class T>
using Map = Eigen::Map<Dense<T>, 0, Eigen::OuterStride<>>;

template <class T>
ConstMap<T> map(MatrixView<const T> a) {
  return {a.data, a.rows, a.columns, Eigen::OuterStride<>(a.stride)};
}
template <class T>
Map<T> map(MatrixView<T> a) {
  return {a.data, a.rows, a.columns, Eigen::OuterStride<>(a.stride)};
}

// Calls product(b block, out block) for blocks of the fixed width.
template <class T, class Product>
void by_blocks(MatrixView<const T> b, MatrixView<T> out, Product product) {
  std::int64_t j = 0;
  for (; j + block_columns <= b.columns; j += block_columns)
    product(map(b.middle_columns(j, block_columns)), map(out.middle_columns(j, block_columns)));
  const std::int64_t rest = b.columns - j;
  if (rest == 0) return;
  thread_local Matrix<T> padded, result;
  padded.resize(b.rows, block_columns);
  padded.fill(0);
  result.resize(out.rows, block_columns);
  for (std::int64_t k = 0; k < rest; ++k)
    std::ranges::copy(b.column(j + k), padded.column(k).begin());
  product(map(std::as_const(padded).view()), map(result.view()));
  for (std::int64_t k = 0; k < rest; ++k)
    std::ranges::copy(result.column(k), out.column(j + k).begin());
}

void check(const char* who, bool fits, std::int64_t inner_a, std::int64_t inner_b,
           std::int64_t rows, std::int64_t columns) {
  if (!fits)
    throw Error(who, ": inner sizes ", inner_a, " and ", inner_b, ", result ", rows, " x ", columns,
                "; the inner sizes must agree and the result must have the outer sizes");
}

}  // namespace

template <class T>
void multiply_transposed(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> out) {
  check("multiply_transposed",
        a.rows == b.rows && out.rows == a.columns && out.columns == b.columns, a.rows, b.rows,
        out.rows, out.columns);
  by_blocks(b, out, [&](auto from, auto to) { to.noalias() = map(a).transpose() * from; });
}

template <class T>
void multiply(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> out) {
  check("multiply", a.columns == b.rows && out.rows == a.rows && out.columns == b.columns,
        a.columns, b.rows, out.rows, out.columns);
  by_blocks(b, out, [&](auto from, auto to) { to.noalias() = map(a) * from; });
}

template <class T>
Matrix<T> gram(MatrixView<const T> d) {
  Matrix<T> result(d.columns, d.columns);
  auto g = map(result.view());
  g.template selfadjointView<Eigen::Lower>().rankUpdate(map(d).transpose());
  g.template triangularView<Eigen::StrictlyUpper>() = g.transpose();
  return result;
}

#define STRIATE_INSTANTIATE(T)                                                                \
  template void multiply_transposed(MatrixView<const T>, MatrixView<const T>, MatrixView<T>); \
  template void multiply(MatrixView<const T>, MatrixView<const T>, MatrixView<T>);            \
  template Matrix<T> gram(MatrixView<const T>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
