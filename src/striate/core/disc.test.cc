#include "striate/core/disc.h"

#include <gtest/gtest.h>

namespace striate {
namespace {

TEST(Disc, IsItsFormula) {
  const auto weights = disc(5, 9);
  ASSERT_EQ(weights.size(), 45u);
  EXPECT_EQ(weights[2 * 9 + 4], 1);
  // Row 1 of 5 is at -1 / 2, column 5 of 9 at 1 / 4.
  EXPECT_NEAR(weights[9 + 5],
              std::pow((1 + std::cos(std::numbers::pi * std::sqrt(0.3125))) / 2, 1 / 3.0), 1e-15);
  for (const int border : {0, 4, 8, 18, 26, 40}) EXPECT_EQ(weights[std::size_t(border)], 0);
  for (std::size_t i = 0; i < 45; ++i) EXPECT_NEAR(weights[i], weights[44 - i], 1e-15);
}

TEST(Disc, OfOneRowIsAnInterval) {
  const auto row = disc(1, 7), column = disc(7, 1);
  EXPECT_EQ(row, column);
  EXPECT_EQ(row[3], 1);
  EXPECT_EQ(row[0], 0);
  EXPECT_GT(row[1], 0);
  EXPECT_EQ(disc(1, 1), std::vector<double>{1});
  EXPECT_TRUE(disc(0, 5).empty());
}

}  // namespace
}  // namespace striate
