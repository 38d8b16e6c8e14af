// The disc: weights of a rectangle that fall smoothly from 1 in its middle to 0 at its borders,
//
//   w = ((1 + cos pi R) / 2)^(1/3) for R < 1, else 0
//
// where R is the distance from the middle, 1 at the middle of each border (so an ellipse, where rows
// and columns differ in number). A side of one pixel is in the middle.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

namespace striate {

// Row by row.
inline std::vector<double> disc(std::int64_t rows, std::int64_t columns) {
  const auto place = [](std::int64_t i, std::int64_t n) {
    return n > 1 ? 2 * static_cast<double>(i) / static_cast<double>(n - 1) - 1 : 0.0;
  };
  std::vector<double> weights;
  weights.reserve(static_cast<std::size_t>(rows * columns));
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column) {
      const double radius = std::hypot(place(row, rows), place(column, columns));
      weights.push_back(radius < 1 ? std::cbrt((1 + std::cos(std::numbers::pi * radius)) / 2)
                                   : 0.0);
    }
  return weights;
}

}  // namespace striate
