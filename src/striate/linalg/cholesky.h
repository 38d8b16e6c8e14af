// Cholesky factors of small symmetric positive definite matrices.
#pragma once

#include <span>

#include "striate/core/matrix.h"

namespace striate {

// Overwrites the lower triangle of A with L, A = L L'; the strict upper triangle is not read.
// Returns false, with A spoilt, where a pivot is below `least_pivot` times its diagonal element:
// A is then singular as far as rounding can tell. Error: A is not square.
template <class T>
bool cholesky_factor(MatrixView<T> a, double least_pivot);

// Solves L L' x = b in place, L from cholesky_factor. Error: sizes differ.
template <class T>
void cholesky_solve(MatrixView<const T> l, std::span<T> x);

}  // namespace striate
