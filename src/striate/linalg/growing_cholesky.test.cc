#include "striate/linalg/growing_cholesky.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "striate/linalg/gemm.h"
#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

// The factor of a set of columns of a matrix.
struct Members {
  bool append(int column) {
    std::vector<double> products;
    for (int other : columns) products.push_back(g(other, column));
    const bool independent = factor.append(products, g(column, column), 1e-12);
    if (independent) columns.push_back(column);
    return independent;
  }
  void remove(int place) {
    factor.remove(place);
    columns.erase(columns.begin() + place);
  }
  void expect_solved() const {
    const std::size_t n = columns.size();
    std::vector<double> truth(n), x(n);
    for (std::size_t i = 0; i < n; ++i) truth[i] = 1.0 + double(i % 5) - 2.5 * double(i % 2);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) x[i] += g(columns[i], columns[j]) * truth[j];
    factor.solve(x);
    for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(x[i], truth[i], 1e-11) << n;
  }

  Matrix<double> g;
  std::vector<int> columns = {};
  GrowingCholesky factor = {};
};

TEST(GrowingCholesky, FollowsAChangingSet) {
  Members members{gram<double>(random_matrix(90, 40, 1).view())};
  members.expect_solved();
  for (int k = 0; k < 40; ++k) {
    ASSERT_TRUE(members.append(k));
    members.expect_solved();
    if (k % 3 != 2) continue;
    members.remove((7 * k) % members.factor.size());  // first, last and between
    members.expect_solved();
  }
  while (members.factor.size() > 0) {
    members.remove(members.factor.size() % 2 ? 0 : members.factor.size() - 1);
    members.expect_solved();
  }
}

TEST(GrowingCholesky, RefusesDependentMembers) {
  Matrix<double> d = random_matrix(20, 5, 3);
  for (int i = 0; i < 20; ++i) {
    d(i, 3) = d(i, 0) - 2 * d(i, 2);
    d(i, 4) = 0;
  }
  Members members{gram<double>(d.view())};
  for (int k = 0; k < 5; ++k) EXPECT_EQ(members.append(k), k < 3);
  members.expect_solved();
  members.remove(0);
  EXPECT_TRUE(members.append(3));
  EXPECT_FALSE(members.append(0));
  members.expect_solved();
}

TEST(GrowingCholesky, SaysWhatDoesNotFit) {
  GrowingCholesky factor;
  const std::vector<double> one = {1};
  std::vector<double> x = {1};
  EXPECT_THAT([&] { factor.append(one, 1, 0); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("1 products; there are 0")));
  EXPECT_THAT([&] { factor.remove(0); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("member 0 of 0")));
  EXPECT_THAT([&] { factor.solve(x); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("a vector of 1")));
}

}  // namespace
}  // namespace striate
