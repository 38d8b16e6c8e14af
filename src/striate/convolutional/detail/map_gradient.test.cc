#include "striate/convolutional/detail/map_gradient.h"

#include <gtest/gtest.h>

#include "tests/problems/random_matrix.h"

namespace striate::detail {
namespace {

MapShape shape_of(std::int64_t rows, std::int64_t columns) {
  return {.image_rows = rows,
          .image_columns = columns,
          .filter_rows = 1,
          .filter_columns = 1,
          .filters = 3};
}

// Sums by hand of a map of two by two: every difference is there twice.
TEST(MapGradient, TwoByTwoByHand) {
  MapShape shape = shape_of(2, 2);
  shape.filters = 1;
  Matrix<double> maps(1, 4);
  maps(0, 0) = 1, maps(0, 1) = 3, maps(0, 2) = -2, maps(0, 3) = 0;
  EXPECT_EQ(gradient_squares<double>(shape, maps), 2.0 * (4 + 4 + 9 + 9));
  Matrix<double> c(1, 2);
  subtract_gradient<double>(0.5, shape, maps, 0, c.view());
  EXPECT_EQ(c(0, 0), -0.5 * (2 * (1 - 3) + 2 * (1 + 2)));
}

// |grad x|^2 is x'grad'grad x, and half its change along y is y'grad'grad x; on a single row or column
// too, where the neighbours are the position itself.
TEST(MapGradient, TheTwoBelongTogether) {
  for (auto [rows, columns] : {std::pair{5, 7}, {1, 6}, {4, 1}, {1, 1}, {2, 3}}) {
    const MapShape shape = shape_of(rows, columns);
    const auto x = random_matrix<double>(3, rows * columns, 1);
    double product = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      Matrix<double> c(3, columns);
      subtract_gradient<double>(2, shape, x, row, c.view());
      for (std::int64_t column = 0; column < columns; ++column)
        for (std::int64_t k = 0; k < 3; ++k)
          product -= c(k, column) / 2 * x(k, row * columns + column);
    }
    EXPECT_NEAR(gradient_squares<double>(shape, x), product, 1e-12 * (1 + product));
  }
}

TEST(MapGradient, MapsAreThoseOfTheCode) {
  ConvolutionalCodes<double> codes(shape_of(2, 3));
  codes.append(0, 1, 2, 4);
  codes.append(1, 2, 0, -5);
  const auto maps = maps_by_position(codes);
  EXPECT_EQ(maps.rows(), 3);
  EXPECT_EQ(maps.columns(), 6);
  EXPECT_EQ(maps(2, 1), 4);
  EXPECT_EQ(maps(0, 5), -5);
}

}  // namespace
}  // namespace striate::detail
