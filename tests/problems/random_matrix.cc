#include "tests/problems/random_matrix.h"

#include "striate/core/random.h"

namespace striate {

template <class T>
Matrix<T> random_matrix(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  Matrix<T> matrix(rows, columns);
  for (std::int64_t j = 0; j < columns; ++j) {
    Random random(seed, stream("random matrix"), static_cast<std::uint64_t>(j));
    for (std::int64_t i = 0; i < rows; ++i) matrix(i, j) = static_cast<T>(random.normal());
  }
  return matrix;
}

template Matrix<float> random_matrix(std::int64_t, std::int64_t, std::uint64_t);
template Matrix<double> random_matrix(std::int64_t, std::int64_t, std::uint64_t);

}  // namespace striate
