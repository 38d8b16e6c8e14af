#include "striate/linalg/power_iteration.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/linalg/cholesky.h"
#include "striate/linalg/gemm.h"
#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

// D'D <= value * I, which Cholesky decides.
bool bounds(const Matrix<double>& d, double value) {
  Matrix<double> g = gram<double>(d.view());
  for (double& x : std::span(g.data(), g.size())) x = -x;
  for (std::int64_t i = 0; i < g.rows(); ++i) g(i, i) += value;
  return cholesky_factor(g.view(), 0);
}

TEST(LargestEigenvalue, IsAnUpperBoundAndNotFarAbove) {
  for (auto [m, k] : {std::pair{5, 9}, {40, 12}, {30, 80}}) {
    const Matrix<double> d = random_matrix<double>(m, k, 11);
    const double value = largest_eigenvalue<double>(d.view());
    EXPECT_TRUE(bounds(d, value)) << m << " x " << k;
    EXPECT_FALSE(bounds(d, value / 1.06)) << m << " x " << k;
    const Matrix<float> single = random_matrix<float>(m, k, 11);
    EXPECT_NEAR(largest_eigenvalue<float>(single.view()), value, 1e-5 * value);
  }
}

TEST(LargestEigenvalue, OfPlainCases) {
  Matrix<double> d(4, 3);
  EXPECT_EQ(largest_eigenvalue<double>(d.view()), 0);
  EXPECT_EQ(largest_eigenvalue<double>(MatrixView<const double>(nullptr, 4, 0)), 0);
  d(2, 1) = 3;  // rank one: the trace bounds it exactly
  EXPECT_DOUBLE_EQ(largest_eigenvalue<double>(d.view()), 9);
  d(0, 0) = 2;
  d(1, 2) = 1;
  EXPECT_NEAR(largest_eigenvalue<double>(d.view()), 9 * 1.05, 0.01);
}

}  // namespace
}  // namespace striate
