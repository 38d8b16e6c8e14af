#include "striate/convolutional/detail/data_split.h"

#include <gtest/gtest.h>

#include "striate/convolutional/convolution.h"
#include "tests/problems/convolutional_problem.h"

namespace striate::detail {
namespace {

struct Case {
  FilterBank<double> bank = problems::random_bank<double>(3, 4, 5, 2);
  Image<double> image = problems::waves<double>(11, 10, 2), omega = Image<double>(11, 10, 2);
  ConvolutionalProblem<double> problem;
  ConvolutionalCodes<double> code;

  Case(Boundary boundary, bool weights)
      : problem{.bank = bank, .image = image, .shape = bank.maps(11, 10, boundary)} {
    for (std::int64_t i = 0; i < omega.size(); ++i)
      omega.data()[i] = i % 5 ? 0.3 * double(i % 4) : 2;
    if (weights) problem.data_weights = omega;
    const MapShape& s = problem.shape;
    const auto maps = random_matrix<double>(s.rows() * s.columns(), 3, 7);
    code = ConvolutionalCodes<double>::from_dense(s, maps.view()).pruned(1);
  }
};

// Where the image lies on the grid s - D y is that of the boundary; beyond it nothing has weight.
TEST(DataSplit, TheGridHoldsTheImageAsItsBoundarySays) {
  for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear})
    for (bool weights : {false, true}) {
      const Case c(boundary, weights);
      DataSplit<double> data(c.problem);
      const bool linear = boundary == Boundary::linear;
      EXPECT_EQ(data.weighted(), linear || weights);
      EXPECT_GE(data.grid().rows(), c.problem.shape.rows());
      const auto theta = data.begin(data.on_grid(c.code), {});
      const auto model = synthesize<double>(c.bank, c.code);
      double all = 0, seen = 0;
      for (std::int64_t i = 0; i < theta.size(); ++i) all += std::abs(theta.data()[i]);
      for (std::int64_t row = 0; row < 11; ++row)
        for (std::int64_t column = 0; column < 10; ++column)
          for (std::int64_t k = 0; k < 2; ++k) {
            const double want = (weights ? c.omega(row, column, k) : 1) *
                                (c.image(row, column, k) - model(row, column, k));
            const double is = theta(row + 3 * linear, column + 4 * linear, k);
            ASSERT_NEAR(is, want, 1e-12);
            seen += std::abs(is);
          }
      EXPECT_NEAR(all, seen, 1e-12 * all);
    }
}

// v minimises 1/2 sum omega v^2 + rho/2 |a + u - v|^2 with a = alpha (s - D x) + (1 - alpha) v and the
// dual u of the step before, and the new u is a + u - v: carried out here as written.
TEST(DataSplit, StepsAreThoseOfTheMethod) {
  constexpr double alpha = 1.6;
  const Case c(Boundary::circular, true);
  DataSplit<double> data(c.problem);
  data.begin(ConvolutionalCodes<double>(c.problem.shape), {});
  const double rho = data.rho();
  Image<double> v = c.image, u = v;
  for (std::int64_t i = 0; i < v.size(); ++i) u.data()[i] *= c.omega.data()[i] / rho;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto model = random_matrix<double>(v.size(), 1, seed);
    const auto target = data.target();
    Image<double> left = target;
    double squares = 0;
    for (std::int64_t i = 0; i < v.size(); ++i) {
      ASSERT_NEAR(target.data()[i], c.image.data()[i] - v.data()[i] + u.data()[i], 1e-12);
      left.data()[i] -= model(i, 0);
      const double r = c.image.data()[i] - model(i, 0), omega = c.omega.data()[i],
                   a = alpha * r + (1 - alpha) * v.data()[i];
      squares += omega * r * r;
      v.data()[i] = rho * (a + u.data()[i]) / (omega + rho);
      u.data()[i] += a - v.data()[i];
    }
    const auto residual = data.step(left, alpha);
    for (std::int64_t i = 0; i < v.size(); ++i)
      ASSERT_NEAR(residual.data()[i], c.image.data()[i] - model(i, 0), 1e-12);
    EXPECT_NEAR(data.squares(), squares, 1e-12 * squares);
  }
}

TEST(DataSplit, WithoutWeightsTheImageStays) {
  const Case c(Boundary::inside, false);
  DataSplit<double> data(c.problem);
  data.begin(data.on_grid(c.code), {});
  EXPECT_EQ(data.target(), c.image);
  EXPECT_EQ(data.rho(), 1);
  EXPECT_EQ(data.mean_weight(), 1);
}

}  // namespace
}  // namespace striate::detail
