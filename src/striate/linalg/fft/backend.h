// What a backend of linalg/fft.h has to do. Private to linalg.
#pragma once

#include <complex>
#include <cstdint>

namespace striate::detail {

enum class FftDirection { forward, backward };  // sign of the exponent: -, +

// Complex transforms in place, not normalised, of every column (axis 0) or every row (axis 1) of
// rows x columns numbers in C order.
template <class T>
void complex_fft(std::complex<T>* data, std::int64_t rows, std::int64_t columns, int axis,
                 FftDirection direction);

}  // namespace striate::detail
