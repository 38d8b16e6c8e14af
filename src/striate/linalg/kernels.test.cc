#include "striate/linalg/kernels.h"

#include <gtest/gtest.h>

#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

TEST(Kernels, AgreeWithPlainLoopsAtEveryLength) {
  const Matrix<double> x = random_matrix<double>(70, 2, 1);
  for (std::int64_t n = 0; n <= 70; ++n) {
    double sum = 0, most = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      sum += x(i, 0) * x(i, 1);
      most = std::max(most, x(i, 0));
    }
    EXPECT_NEAR((dot<double>(n, &x(0, 0), &x(0, 1))), sum, 1e-13 * 70) << n;
    EXPECT_EQ(largest(n, &x(0, 0)), most) << n;
    Matrix<double> y(70, 1);
    axpy(n, 2.0, &x(0, 0), y.data());
    for (std::int64_t i = 0; i < 70; ++i) EXPECT_EQ(y(i, 0), i < n ? 2 * x(i, 0) : 0);
  }
}

TEST(Kernels, SubtractColumnsAnyNumberOfThem) {
  constexpr std::int64_t n = 37;
  const Matrix<double> x = random_matrix<double>(n, 9, 2), weights = random_matrix<double>(9, 1, 3);
  for (int count = 0; count <= 9; ++count) {
    std::vector<const double*> columns;
    for (int l = 0; l < count; ++l) columns.push_back(x.column(l).data());
    std::vector<double> y(n, 1.0);
    subtract_columns(n, count, weights.data(), columns.data(), y.data());
    for (std::int64_t i = 0; i < n; ++i) {
      double expected = 1;
      for (int l = 0; l < count; ++l) expected -= weights(l, 0) * x(i, l);
      EXPECT_NEAR(y[static_cast<std::size_t>(i)], expected, 1e-14 * 10);
    }
  }
}

TEST(Kernels, SumInTheWiderTypeWhereAsked) {
  const std::vector<float> ones(100'000, 1.0f + 1e-4f);
  double exact = 0;
  for (float x : ones) exact += double(x) * x;
  EXPECT_NEAR((dot<double>(100'000, ones.data(), ones.data())), exact, 1e-9 * exact);
  std::vector<double> y(4, 1.0);
  axpy(4, -1e-12, ones.data(), y.data());  // lost in float
  EXPECT_EQ(y[3], 1.0 - 1e-12 * ones[3]);
}

}  // namespace
}  // namespace striate
