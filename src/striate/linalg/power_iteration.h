// The largest eigenvalue of D'D, for step sizes.
#pragma once

#include "striate/core/matrix.h"

namespace striate {

// An upper estimate of the largest eigenvalue of D'D: power iteration until it changes by less than
// 1e-4 (at most 500 products), raised by 5 % because power iteration comes from below, and never
// above the trace, which bounds it. 0 for an empty or zero matrix.
template <class T>
double largest_eigenvalue(MatrixView<const T> d);

}  // namespace striate
