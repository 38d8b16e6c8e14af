// The gradients of maps that wrap around, of the penalty gamma / 2 sum_k |grad x_k|^2: differences of
// neighbours down the columns and along the rows, taps [1, -1]. Dense maps are filters x positions in
// C order here, as the correlations of a row of positions are (convolution.h).
#pragma once

#include "striate/codes/convolutional_codes.h"
#include "striate/core/matrix.h"

namespace striate::detail {

template <class T>
Matrix<T> maps_by_position(const ConvolutionalCodes<T>& codes);

// sum_k |grad x_k|^2
template <class T>
double gradient_squares(const MapShape& shape, MatrixView<const T> maps);

// c -= gamma grad'grad x at a row of positions, where grad'grad x is 4 x less its four neighbours.
template <class T>
void subtract_gradient(double gamma, const MapShape& shape, MatrixView<const T> maps,
                       std::int64_t row, MatrixView<T> c);

}  // namespace striate::detail
