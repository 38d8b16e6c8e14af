// Numbers without structure, for tests of what needs no planted truth.
#pragma once

#include <cstdint>

#include "striate/core/matrix.h"

namespace striate {

// m x n independent normal numbers.
template <class T = double>
Matrix<T> random_matrix(std::int64_t rows, std::int64_t columns, std::uint64_t seed);

}  // namespace striate
