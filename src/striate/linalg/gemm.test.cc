#include "striate/linalg/gemm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

template <class T>
class Gemm : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(Gemm, Scalars);

TYPED_TEST(Gemm, AgreesWithPlainLoops) {
  using T = TypeParam;
  // A sum of m products of normal numbers: each rounding is at most eps times the partial sum.
  const double eps = std::numeric_limits<T>::epsilon();
  for (auto [m, p, n] : {std::array{1, 1, 1}, {7, 5, 3}, {64, 33, 32}, {100, 130, 71}, {5, 9, 0}}) {
    const Matrix<T> a = random_matrix<T>(m, p, 1), b = random_matrix<T>(m, n, 2),
                    c = random_matrix<T>(p, n, 3);
    Matrix<T> atb(p, n), ac(m, n);
    multiply_transposed(a.view(), b.view(), atb.view());
    multiply(a.view(), c.view(), ac.view());
    for (int j = 0; j < n; ++j) {
      for (int i = 0; i < p; ++i) {
        double sum = 0;
        for (int k = 0; k < m; ++k) sum += double(a(k, i)) * b(k, j);
        EXPECT_NEAR(atb(i, j), sum, 20 * eps * m);
      }
      for (int i = 0; i < m; ++i) {
        double sum = 0;
        for (int k = 0; k < p; ++k) sum += double(a(i, k)) * c(k, j);
        EXPECT_NEAR(ac(i, j), sum, 20 * eps * p);
      }
    }
  }
}

TYPED_TEST(Gemm, ColumnsHaveTheSameBitsInEverySplit) {
  using T = TypeParam;
  const int m = 67, p = 130, n = 101;
  const Matrix<T> a = random_matrix<T>(m, p, 1), b = random_matrix<T>(m, n, 2),
                  c = random_matrix<T>(p, n, 3);
  Matrix<T> atb(p, n), ac(m, n);
  multiply_transposed(a.view(), b.view(), atb.view());
  multiply(a.view(), c.view(), ac.view());
  for (int width : {1, 2, 5, 31, 32, 33, 64, 100}) {
    Matrix<T> atb_split(p, n), ac_split(m, n);
    for (int j = 0; j < n; j += width) {
      const int w = std::min(width, n - j);
      multiply_transposed(a.view(), b.view().middle_columns(j, w),
                          atb_split.view().middle_columns(j, w));
      multiply(a.view(), c.view().middle_columns(j, w), ac_split.view().middle_columns(j, w));
    }
    EXPECT_TRUE(atb == atb_split) << width;
    EXPECT_TRUE(ac == ac_split) << width;
  }
}

TYPED_TEST(Gemm, LeftFactorServesManyProducts) {
  using T = TypeParam;
  // More inner indices than one block of them.
  const Matrix<T> a = random_matrix<T>(1100, 50, 1), b = random_matrix<T>(1100, 9, 2);
  Matrix<T> expected(50, 9), out(50, 9);
  multiply_transposed(a.view(), b.view(), expected.view());
  const LeftFactor<T> factor(a.view(), true);
  EXPECT_EQ(factor.rows(), 50);
  EXPECT_EQ(factor.inner(), 1100);
  for (int repetition = 0; repetition < 2; ++repetition) {
    out.fill(9);
    factor.multiply(b.view(), out.view());
    EXPECT_TRUE(out == expected);
  }
  for (int i = 0; i < 50; ++i) {
    double sum = 0;
    for (int k = 0; k < 1100; ++k) sum += double(a(k, i)) * b(k, 4);
    EXPECT_NEAR(out(i, 4), sum, 1100 * 20 * std::numeric_limits<T>::epsilon());
  }
  EXPECT_NO_THROW(
      LeftFactor<T>().multiply(MatrixView<const T>(nullptr, 0, 3), MatrixView<T>(nullptr, 0, 3)));
}

TYPED_TEST(Gemm, TakesStrides) {
  using T = TypeParam;
  const Matrix<T> big = random_matrix<T>(20, 9, 4);
  const MatrixView<const T> a(big.data(), 12, 4, 20), b(big.data() + 4 * 20, 12, 5, 20);
  Matrix<T> out(7, 5), dense(4, 5);
  multiply_transposed(a, b, MatrixView<T>(out.data(), 4, 5, 7));
  const Matrix<T> a_copy(a), b_copy(b);
  multiply_transposed(a_copy.view(), b_copy.view(), dense.view());
  for (int j = 0; j < 5; ++j) {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(out(i, j), dense(i, j));
    EXPECT_EQ(out(5, j), 0);  // what lies between the columns is untouched
  }
}

TYPED_TEST(Gemm, GramIsSymmetricToTheBit) {
  using T = TypeParam;
  const Matrix<T> d = random_matrix<T>(31, 83, 5);
  const Matrix<T> g = gram(d.view());
  for (int i = 0; i < 83; ++i)
    for (int j = 0; j < 83; ++j) {
      double sum = 0;
      for (int k = 0; k < 31; ++k) sum += double(d(k, i)) * d(k, j);
      EXPECT_NEAR(g(i, j), sum, 1e3 * std::numeric_limits<T>::epsilon());
      EXPECT_EQ(g(i, j), g(j, i));
    }
}

TEST(GemmErrors, SizesThatDoNotFit) {
  Matrix<double> a(3, 4), b(2, 5), out(4, 5);
  EXPECT_THAT([&] { multiply_transposed<double>(a.view(), b.view(), out.view()); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("inner sizes 3 and 2")));
  EXPECT_THAT([&] { multiply<double>(a.view(), b.view(), out.view()); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("multiply: inner sizes 4 and 2")));
}

}  // namespace
}  // namespace striate
