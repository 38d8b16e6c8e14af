// Images and banks that the tests of convolutional coding share, and a judge of codes that knows
// nothing but plain loops.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "striate/convolutional/convolutional_settings.h"
#include "tests/problems/random_matrix.h"

namespace striate::problems {

// Waves and an edge; channels are multiples of each other.
template <class T>
Image<T> waves(std::int64_t rows, std::int64_t columns, std::int64_t channels = 1) {
  Image<T> image(rows, columns, channels);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      for (std::int64_t i = 0; i < channels; ++i) {
        const double wave =
            std::sin(0.9 * double(r) + 0.2 * double(c)) + std::cos(0.05 * double(r * c));
        image(r, c, i) = T((wave + (3 * r > 2 * c + 5 ? 0.7 : -0.7)) * (1 + 0.3 * double(i)));
      }
  return image;
}

// Random filters of norm 1. Every filter has a part `alike` of the one before it.
template <class T>
FilterBank<T> random_bank(std::int64_t filters, std::int64_t rows, std::int64_t columns,
                          std::int64_t channels = 1, double alike = 0) {
  auto taps = random_matrix<double>(rows * columns * channels, filters, 3);
  for (std::int64_t k = 0; k < filters; ++k) {
    double squares = 0;
    for (std::int64_t i = 0; i < taps.rows(); ++i) {
      if (k > 0 && alike > 0)
        taps(i, k) =
            alike * std::sqrt(double(taps.rows())) * taps(i, k - 1) + (1 - alike) * taps(i, k);
      squares += taps(i, k) * taps(i, k);
    }
    for (double& x : taps.column(k)) x /= std::sqrt(squares);
  }
  Matrix<T> rounded(taps.rows(), filters);
  for (std::int64_t k = 0; k < filters; ++k)
    std::ranges::transform(taps.column(k), rounded.column(k).begin(),
                           [](double x) { return T(x); });
  return {rounded.view(), rows, columns, channels};
}
template <class T>
FilterBank<T> random_bank(std::int64_t filters, std::int64_t side) {
  return random_bank<T>(filters, side, side);
}

// The same filters with norms 1, 2, 3, 1, 2, ...
template <class T>
FilterBank<T> uneven_bank(std::int64_t filters, std::int64_t side, std::int64_t channels = 1) {
  Matrix<T> taps(random_bank<T>(filters, side, side, channels).taps());
  for (std::int64_t k = 0; k < filters; ++k)
    for (T& x : taps.column(k)) x *= T(k % 3 + 1);
  return {taps.view(), side, side, channels};
}

// What plain loops over positions and taps say of an image of maps x, in double precision. The bound
// is that of multiples of (s - D x), with the gradients of x if they have a weight, and of `dual`, if
// there is one.
struct Judgement {
  double objective = 0;
  double bound = -std::numeric_limits<double>::infinity();
};

template <class T>
Judgement judge(const ConvolutionalProblem<T>& p, const ConvolutionalCodes<T>& codes,
                ImageView<const T> dual = {}) {
  const MapShape& s = p.shape;
  const std::int64_t channels = p.image.channels;
  const Matrix<T> maps = codes.to_dense();
  // Calls f(tap, pixel) for the taps of filter k at a position that are on the image.
  const auto for_taps = [&](std::int64_t k, std::int64_t row, std::int64_t column, auto f) {
    for (std::int64_t a = 0; a < s.filter_rows; ++a)
      for (std::int64_t b = 0; b < s.filter_columns; ++b) {
        std::int64_t r = row + a, c = column + b;
        if (s.boundary == Boundary::circular) r %= s.image_rows, c %= s.image_columns;
        if (s.boundary == Boundary::linear) r -= s.filter_rows - 1, c -= s.filter_columns - 1;
        if (r < 0 || c < 0 || r >= s.image_rows || c >= s.image_columns) continue;
        for (std::int64_t i = 0; i < channels; ++i)
          f(static_cast<double>(p.bank.filter(
                k)[static_cast<std::size_t>((a * s.filter_columns + b) * channels + i)]),
            (r * s.image_columns + c) * channels + i);
      }
  };
  const auto for_maps = [&](auto f) {
    for (std::int64_t k = 0; k < s.filters; ++k)
      for (std::int64_t row = 0; row < s.rows(); ++row)
        for (std::int64_t column = 0; column < s.columns(); ++column)
          f(k, row, column, static_cast<double>(maps(row * s.columns() + column, k)));
  };
  const auto omega = [&](std::int64_t i) {
    return p.data_weights.data ? static_cast<double>(p.data_weights.data[i]) : 1;
  };
  Judgement judged;
  std::vector<double> r(static_cast<std::size_t>(p.image.size()));
  for (std::int64_t i = 0; i < p.image.size(); ++i)
    r[std::size_t(i)] = omega(i) > 0 ? static_cast<double>(p.image.data[i]) : 0;
  const std::vector<double> image = r;
  // grad'grad x at a position, and all of |grad x|^2.
  const auto at = [&](std::int64_t k, std::int64_t row, std::int64_t column) {
    return static_cast<double>(
        maps((row + s.rows()) % s.rows() * s.columns() + (column + s.columns()) % s.columns(), k));
  };
  const auto laplacian = [&](std::int64_t k, std::int64_t row, std::int64_t column) {
    return 4 * at(k, row, column) - at(k, row - 1, column) - at(k, row + 1, column) -
           at(k, row, column - 1) - at(k, row, column + 1);
  };
  const double gamma = p.gradient_weight;
  double gradient = 0;
  if (gamma > 0)
    for_maps([&](std::int64_t k, std::int64_t row, std::int64_t column, double x) {
      gradient += x * laplacian(k, row, column);
    });
  for_maps([&](std::int64_t k, std::int64_t row, std::int64_t column, double x) {
    if (x == 0) return;
    judged.objective += p.lambda * p.weight(k, row, column) * std::abs(x);
    for_taps(k, row, column, [&](double d, std::int64_t i) { r[std::size_t(i)] -= d * x; });
  });
  for (std::int64_t i = 0; i < p.image.size(); ++i)
    judged.objective += 0.5 * omega(i) * r[std::size_t(i)] * r[std::size_t(i)];
  judged.objective += 0.5 * gamma * gradient;

  // By an image q, and the gradients of the maps if they are to count.
  const auto bound_by = [&](const std::vector<double>& q, double weight) {
    double most = 0, product = 0, squares = weight * gradient;
    for_maps([&](std::int64_t k, std::int64_t row, std::int64_t column, double) {
      double c = weight > 0 ? -weight * laplacian(k, row, column) : 0;
      for_taps(k, row, column,
               [&](double d, std::int64_t i) { c += d * omega(i) * q[std::size_t(i)]; });
      most = std::max(most, (p.positive ? c : std::abs(c)) / p.weight(k, row, column));
    });
    for (std::int64_t i = 0; i < p.image.size(); ++i) {
      product += omega(i) * image[std::size_t(i)] * q[std::size_t(i)];
      squares += omega(i) * q[std::size_t(i)] * q[std::size_t(i)];
    }
    if (squares == 0) return 0.0;
    const double limit = most > 0 ? p.lambda / most : std::numeric_limits<double>::infinity();
    const double factor = std::clamp(product / squares, p.positive ? 0 : -limit, limit);
    return factor * product - 0.5 * factor * factor * squares;
  };
  judged.bound = bound_by(r, gamma);
  if (dual.data)
    judged.bound = std::max(judged.bound,
                            bound_by(std::vector<double>(dual.data, dual.data + dual.size()), 0));
  return judged;
}

}  // namespace striate::problems
