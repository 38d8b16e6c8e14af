#include "striate/linalg/assignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "striate/core/random.h"

namespace striate {
namespace {

Matrix<double> values(std::int64_t rows, std::int64_t columns, std::uint64_t item, bool coarse) {
  Random random(1, stream("assignment test"), item);
  Matrix<double> value(rows, columns);
  for (std::int64_t j = 0; j < columns; ++j)
    for (std::int64_t i = 0; i < rows; ++i) {
      value(i, j) = 4 * random.uniform() - 2;
      if (coarse) value(i, j) = std::floor(value(i, j));  // many ties
    }
  return value;
}

// The sum of the values of an assignment; checks that partners are valid and used once.
double total(const Matrix<double>& value, const std::vector<std::int64_t>& column_of) {
  EXPECT_EQ(std::ssize(column_of), value.rows());
  std::vector<int> used(static_cast<std::size_t>(value.columns()));
  double sum = 0;
  std::int64_t assigned = 0;
  for (std::size_t i = 0; i < column_of.size(); ++i) {
    if (column_of[i] < 0) continue;
    EXPECT_LT(column_of[i], value.columns());
    EXPECT_EQ(used[static_cast<std::size_t>(column_of[i])]++, 0);
    sum += value(static_cast<std::int64_t>(i), column_of[i]);
    ++assigned;
  }
  EXPECT_EQ(assigned, std::min(value.rows(), value.columns()));
  return sum;
}

// The largest sum there is, by all orders of the longer side.
double largest(const Matrix<double>& value) {
  const bool wide = value.rows() <= value.columns();
  const std::int64_t few = wide ? value.rows() : value.columns();
  std::vector<std::int64_t> order(static_cast<std::size_t>(wide ? value.columns() : value.rows()));
  std::iota(order.begin(), order.end(), 0);
  double best = -INFINITY;
  do {
    double sum = 0;
    for (std::int64_t i = 0; i < few; ++i) {
      const std::int64_t other = order[static_cast<std::size_t>(i)];
      sum += wide ? value(i, other) : value(other, i);
    }
    best = std::max(best, sum);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

TEST(Assignment, IsTheBestOfAll) {
  std::uint64_t item = 0;
  for (std::int64_t rows = 1; rows <= 7; ++rows)
    for (std::int64_t columns = 1; columns <= 7; ++columns)
      for (const bool coarse : {false, true}) {
        const auto value = values(rows, columns, item++, coarse);
        EXPECT_NEAR(total(value, assignment(value)), largest(value), 1e-12)
            << rows << " x " << columns;
      }
}

TEST(Assignment, FindsAPlantedOrder) {
  // 17 is prime to 500: i -> 17 i mod 500 meets every column once.
  auto value = values(500, 500, 99, false);
  for (std::int64_t i = 0; i < 500; ++i) value(i, 17 * i % 500) += 4;
  const auto found = assignment(value);
  for (std::int64_t i = 0; i < 500; ++i)
    ASSERT_EQ(found[static_cast<std::size_t>(i)], 17 * i % 500);
}

TEST(Assignment, OfNothingIsNothing) {
  EXPECT_TRUE(assignment(Matrix<double>(0, 3)).empty());
  EXPECT_EQ(assignment(Matrix<double>(2, 0)), (std::vector<std::int64_t>{-1, -1}));
}

TEST(Assignment, RefusesWhatIsNoNumber) {
  Matrix<double> value(2, 2);
  value(1, 0) = NAN;
  try {
    assignment(value);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "assignment: the value of row 1 and column 0 is not finite; all must be numbers");
  }
}

}  // namespace
}  // namespace striate
