#include "striate/convolutional/detail/admm_iteration.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/convolutional/convolution.h"
#include "striate/convolutional/detail/map_gradient.h"
#include "tests/problems/random_matrix.h"

namespace striate::detail {
namespace {

struct Case {
  Matrix<double> taps = random_matrix<double>(12, 5, 1);
  FilterBank<double> bank{taps.view(), 3, 4};
  Matrix<double> values = random_matrix<double>(11 * 10, 1, 2);
  Image<double> image{ImageView<const double>(values.data(), 11, 10)};
};

// What an iteration says of its residual is so: s - D x from the x it keeps, its correlations in
// space, and the sums over x and y.
TEST(AdmmIteration, SumsAreThoseOfItsVariables) {
  const Case c;
  const std::vector<double> weights{1, 2, 0.5, 1, 1};
  struct With {
    Boundary boundary = Boundary::circular;
    double gamma = 0;
    bool by_position = false;
  };
  for (auto [boundary, gamma, by_position] :
       {With{}, With{.boundary = Boundary::inside}, With{.gamma = 0.7}, With{.by_position = true},
        With{.boundary = Boundary::inside, .by_position = true}})
    for (bool positive : {false, true}) {
      const MapShape shape = c.bank.maps(11, 10, boundary);
      Matrix<double> factors(by_position ? shape.rows() * shape.columns() : 0, 5);
      for (std::int64_t k = 0; k < 5; ++k)
        for (std::int64_t p = 0; p < factors.rows(); ++p)
          factors(p, k) = 0.5 + 0.3 * double((2 * p + k) % 7);
      const auto weight = [&](std::int64_t k, std::int64_t row, std::int64_t column) {
        const bool own = by_position && row < shape.rows() && column < shape.columns();
        return weights[std::size_t(k)] * (own ? factors(row * shape.columns() + column, k) : 1);
      };
      const MapShape whole = c.bank.maps(11, 10, Boundary::circular);
      const Spectra<double> spectra(c.bank, 11, 10, {});
      AdmmIteration<double> iteration(spectra, shape, c.image, weights,
                                      by_position ? factors.view() : MatrixView<const double>(),
                                      gamma, positive, true, {});
      for (double rho : {0.8, 0.8, 1.6}) {
        if (rho == 1.6) iteration.rescale(2);
        const auto sums = iteration.step(rho, 1.6, 0.3, {});
        const auto x = iteration.x();
        const auto codes = iteration.codes({});
        const auto model =
            synthesize<double>(c.bank, ConvolutionalCodes<double>::from_dense(whole, x.view()));
        const auto residual = iteration.residual();
        double squares = 0, product = 0;
        for (std::int64_t i = 0; i < residual.size(); ++i) {
          ASSERT_NEAR(residual.data()[i], c.image.data()[i] - model.data()[i], 1e-11);
          squares += residual.data()[i] * residual.data()[i];
          product += residual.data()[i] * c.image.data()[i];
        }
        EXPECT_NEAR(sums.residual, squares, 1e-10 * squares);
        EXPECT_NEAR(sums.product, product, 1e-10 * std::abs(product));
        Matrix<double> turned(5, 110);
        for (std::int64_t k = 0; k < 5; ++k)
          for (std::int64_t p = 0; p < 110; ++p) turned(k, p) = x(p, k);
        if (gamma > 0) {
          const double gradient = gradient_squares<double>(shape, turned);
          EXPECT_NEAR(sums.gradient, gradient, 1e-10 * gradient);
        }
        double largest = 0, l1_y = 0, squared_y = 0, l1_x = 0;
        correlate<double>(c.bank, residual, shape, {.threads = 1},
                          [&](std::int64_t row, MatrixView<double> d, int) {
                            subtract_gradient<double>(gamma, whole, turned, row, d);
                            for (std::int64_t p = 0; p < d.columns; ++p)
                              for (std::int64_t k = 0; k < d.rows; ++k)
                                largest =
                                    std::max(largest, (positive ? d(k, p) : std::abs(d(k, p))) /
                                                          weight(k, row, p));
                          });
        EXPECT_NEAR(sums.largest, largest, 1e-10 * largest);
        const auto y = codes.to_dense();
        for (std::int64_t k = 0; k < 5; ++k) {
          for (std::int64_t p = 0; p < y.rows(); ++p) {
            l1_y += weight(k, p / shape.columns(), p % shape.columns()) * std::abs(y(p, k));
            squared_y += y(p, k) * y(p, k);
          }
          for (std::int64_t p = 0; p < 110; ++p)
            l1_x += weight(k, p / 10, p % 10) * std::abs(x(p, k));
        }
        EXPECT_NEAR(sums.l1_y, l1_y, 1e-10 * (1 + l1_y));
        EXPECT_NEAR(sums.l1_x, l1_x, 1e-10 * l1_x);
        EXPECT_NEAR(sums.y, squared_y, 1e-10 * (1 + squared_y));
      }
    }
}

}  // namespace
}  // namespace striate::detail
