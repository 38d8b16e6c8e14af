#include "tests/problems/random_matrix.h"

#include <gtest/gtest.h>

namespace striate {
namespace {

TEST(RandomMatrix, IsStandardNormal) {
  const auto matrix = random_matrix(100, 100, 1);
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    sum += matrix.data()[i];
    squares += matrix.data()[i] * matrix.data()[i];
  }
  EXPECT_NEAR(sum / 1e4, 0, 0.05);  // five standard errors of 0.01
  EXPECT_NEAR(squares / 1e4, 1, 5 * 0.0142);
  EXPECT_EQ(matrix, random_matrix(100, 100, 1));
}

}  // namespace
}  // namespace striate
