// Dense products, on the caller's thread but for the Gram matrix. An element of
// a result is one sum in the order of the inner index, whatever its neighbours:
// batches may be split anywhere, with the same bits.
#pragma once

#include "striate/core/matrix.h"
#include "striate/linalg/kernels.h"

namespace striate {

// A left factor laid out once for many products, as long as it lives.
template <class T>
class LeftFactor {
 public:
  LeftFactor() = default;
  // L = A, or A' if transposed; A (m x p). Copies.
  LeftFactor(MatrixView<const T> a, bool transposed);

  // Rows that are worked on together: a factor of a multiple of them wastes nothing.
  static constexpr std::int64_t rows_together = 3 * lanes<T>;

  std::int64_t rows() const { return rows_; }
  std::int64_t inner() const { return inner_; }
  // out = L B. Error: sizes differ.
  void multiply(MatrixView<const T> b, MatrixView<T> out) const;
  // The same for a B whose columns, inner() values each, lie wherever they like.
  void multiply(std::span<const T* const> b, MatrixView<T> out) const;
  // Column k of L becomes these values.
  void set_column(std::int64_t k, std::span<const T> values);

 private:
  void multiply_columns(auto column, MatrixView<T> out) const;

  std::int64_t rows_ = 0, inner_ = 0;
  AlignedVector<T> panels_;  // some rows side by side for every inner index,
                             // then the next rows
};

// out = A' B      A (m x p), B (m x n), out (p x n)
template <class T>
void multiply_transposed(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> out);
// out = A B       A (m x p), B (p x n), out (m x n)
template <class T>
void multiply(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> out);
// The Gram matrix D'D (K x K), exactly symmetric. `threads` as in Run.
template <class T>
Matrix<T> gram(MatrixView<const T> d, int threads = 1);

}  // namespace striate
