#include "striate/linalg/cholesky.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "striate/linalg/gemm.h"
#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

template <class T>
class Cholesky : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(Cholesky, Scalars);

TYPED_TEST(Cholesky, SolvesWhatWasPlanted) {
  using T = TypeParam;
  for (int n : {0, 1, 2, 7, 15, 16, 17, 31, 33, 40, 47, 49, 64, 129, 300}) {
    // Eigenvalues of the Gram matrix of a 3n x n normal matrix lie between about n/2 and 8n.
    const Matrix<T> d = random_matrix<T>(3 * n + 1, n, 1);
    const Matrix<T> g = gram<T>(d.view());
    const Matrix<T> truth = random_matrix<T>(n, 1, 2);
    std::vector<T> x(static_cast<std::size_t>(n));
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j) x[std::size_t(i)] += g(i, j) * truth(j, 0);
    Matrix<T> factor = g;
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < j; ++i) factor(i, j) = T(1e30);  // must not be read
    ASSERT_TRUE(cholesky_factor(factor.view(), 1e-6));
    cholesky_solve<T>(factor.view(), x);
    for (int i = 0; i < n; ++i)
      EXPECT_NEAR(x[std::size_t(i)], truth(i, 0), 1e3 * std::numeric_limits<T>::epsilon());
  }
}

TYPED_TEST(Cholesky, KnowsSingularMatrices) {
  using T = TypeParam;
  Matrix<T> d = random_matrix<T>(20, 5, 3);
  for (int i = 0; i < 20; ++i) d(i, 4) = d(i, 1) + d(i, 2);
  Matrix<T> g = gram<T>(d.view());
  EXPECT_FALSE(cholesky_factor(g.view(), std::is_same_v<T, float> ? 1e-6 : 1e-12));
  Matrix<T> zero(3, 3);
  EXPECT_FALSE(cholesky_factor(zero.view(), 1e-12));
  Matrix<T> indefinite(2, 2);
  indefinite(0, 0) = 1;
  indefinite(1, 0) = 2;
  indefinite(1, 1) = 1;
  EXPECT_FALSE(cholesky_factor(indefinite.view(), 1e-12));
}

TEST(CholeskyErrors, SizesThatDoNotFit) {
  Matrix<double> a(3, 4);
  EXPECT_THAT([&] { cholesky_factor(a.view(), 0.0); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("3 x 4")));
  Matrix<double> square(3, 3);
  std::vector<double> x(2);
  EXPECT_THAT([&] { cholesky_solve<double>(square.view(), x); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("a vector of 2")));
}

}  // namespace
}  // namespace striate
