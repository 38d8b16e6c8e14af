#include "striate/linalg/cholesky.h"

#include <Eigen/Cholesky>
#include <type_traits>

namespace striate {
namespace {
template <class T>
using Dense = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic>;
}

template <class T>
bool cholesky_factor(MatrixView<T> a, double least_pivot) {
  if (a.rows != a.columns)
    throw Error("cholesky_factor: ", a.rows, " x ", a.columns, "; the matrix must be square");
  if (a.rows == 0) return true;
  thread_local std::vector<T> diagonal;
  diagonal.resize(static_cast<std::size_t>(a.rows));
  for (std::int64_t i = 0; i < a.rows; ++i) diagonal[static_cast<std::size_t>(i)] = a(i, i);
  Eigen::Map<Dense<T>, 0, Eigen::OuterStride<>> map(a.data, a.rows, a.columns,
                                                    Eigen::OuterStride<>(a.stride));
  Eigen::Ref<Dense<T>> ref(map);
  Eigen::LLT<Eigen::Ref<Dense<T>>> factor(ref);
  if (factor.info() != Eigen::Success) return false;
  for (std::int64_t i = 0; i < a.rows; ++i)
    if (!(static_cast<double>(a(i, i)) * a(i, i) >
          least_pivot * diagonal[static_cast<std::size_t>(i)]))
      return false;
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
