#include "striate/learning/batch_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "striate/core/errors.h"

namespace striate {
namespace {

std::vector<std::int64_t> epoch(const BatchOrder& order, std::int64_t n, std::int64_t e) {
  std::vector<std::int64_t> signals;
  for (std::int64_t i = 0; i < n; ++i) signals.push_back(order.signal(e * n + i));
  return signals;
}

TEST(BatchOrder, EveryEpochIsAPermutation) {
  for (std::int64_t n : {1, 2, 3, 4, 5, 16, 17, 63, 64, 65, 1000}) {
    const BatchOrder order(n, 7, true);
    std::vector<std::int64_t> all(static_cast<std::size_t>(n));
    std::iota(all.begin(), all.end(), 0);
    for (std::int64_t e : {0, 1, 5})
      EXPECT_THAT(epoch(order, n, e), testing::UnorderedElementsAreArray(all)) << n << " " << e;
  }
}

TEST(BatchOrder, SeedsAndEpochsDiffer) {
  const BatchOrder order(200, 0, true);
  EXPECT_NE(epoch(order, 200, 0), epoch(order, 200, 1));
  EXPECT_NE(epoch(order, 200, 0), epoch(BatchOrder(200, 1, true), 200, 0));
  EXPECT_EQ(epoch(order, 200, 3), epoch(BatchOrder(200, 0, true), 200, 3));
}

// The mean over 400 epochs of the signal at a place is (n-1)/2 within five standard errors,
// n / sqrt(12 * 400), and no place keeps its signal more often than chance allows.
TEST(BatchOrder, PlacesAreUniform) {
  const std::int64_t n = 100;
  const BatchOrder order(n, 3, true);
  for (std::int64_t place : {0, 1, 50, 99}) {
    double sum = 0;
    int same = 0;
    for (std::int64_t e = 0; e < 400; ++e) {
      const std::int64_t signal = order.signal(e * n + place);
      sum += static_cast<double>(signal);
      same += signal == place;
    }
    EXPECT_NEAR(sum / 400, 49.5, 5 * 100 / std::sqrt(12.0 * 400));
    EXPECT_LE(same, 15);  // expected 4, binomial: P(more than 15) < 1e-5
  }
}

TEST(BatchOrder, WithoutShuffleInOrder) {
  const BatchOrder order(5, 0, false);
  EXPECT_THAT(epoch(order, 5, 2), testing::ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(order.batch(3, 4), testing::ElementsAre(0, 1, 3, 4));
}

TEST(BatchOrder, LargeSourcesTakeNoMemory) {
  const std::int64_t n = std::int64_t{1} << 50;
  const BatchOrder order(n, 0, true);
  for (std::int64_t i = 0; i < 100; ++i) {
    EXPECT_GE(order.signal(i), 0);
    EXPECT_LT(order.signal(i), n);
  }
}

TEST(BatchOrder, RefusesNoSignals) { EXPECT_THROW(BatchOrder(0, 0, true), Error); }

}  // namespace
}  // namespace striate
