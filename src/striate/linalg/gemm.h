// Dense products. Every column of a result has the same bits however many columns are computed
// with it, so batches may be split anywhere. All run on the caller's thread alone.
#pragma once

#include "striate/core/matrix.h"

namespace striate {

// out = A' B      A (m x p), B (m x n), out (p x n)
template <class T>
void multiply_transposed(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> out);
// out = A B       A (m x p), B (p x n), out (m x n)
template <class T>
void multiply(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> out);
// The Gram matrix D'D (K x K), exactly symmetric.
template <class T>
Matrix<T> gram(MatrixView<const T> d);

}  // namespace striate
