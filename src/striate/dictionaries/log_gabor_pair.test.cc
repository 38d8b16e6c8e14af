#include "striate/dictionaries/log_gabor_pair.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "striate/dictionaries/log_gabor.h"

namespace striate {
namespace {

using std::numbers::pi;
using Taps = std::vector<double>;

struct Pair {
  Taps even, odd;
  double bound;
};
Pair pair(LogGaborConvention convention, int height, int width, const LogGaborPlace& place) {
  const LogGaborPairs pairs(convention, height, width);
  Pair result{Taps(std::size_t(height * width)), Taps(std::size_t(height * width)), 0};
  result.bound = pairs.make(place, result.even.data(), result.odd.data());
  return result;
}

TEST(LogGaborPair, MakesTheBanks) {
  for (const auto convention : {LogGaborConvention::paper, LogGaborConvention::released}) {
    const auto bank = log_gabor<double>({.convention = convention, .height = 9, .width = 14});
    const LogGaborPairs pairs(convention, 9, 14);
    for (std::size_t k = 0; k < 144; k += 10) {
      Pair made = pair(convention, 9, 14, {bank.theta[k], bank.bandwidth[k], 0.4});
      EXPECT_GT(pairs.ready(made.even.data(), 0), 0);
      EXPECT_GT(pairs.ready(made.odd.data(), 0), 0);
      for (std::size_t i = 0; i < made.even.size(); ++i) {
        ASSERT_EQ(made.even[i], bank.filters(std::int64_t(i), std::int64_t(k)));
        ASSERT_EQ(made.odd[i], bank.filters(std::int64_t(i), std::int64_t(k + 1)));
      }
    }
  }
}

// Half a turn further the wave runs backwards.
TEST(LogGaborPair, HalfATurnChangesTheSignOfTheOddOne) {
  for (const auto convention : {LogGaborConvention::paper, LogGaborConvention::released}) {
    const Pair a = pair(convention, 12, 13, {0.4, 0.3, 0.25});
    const Pair b = pair(convention, 12, 13, {0.4 + pi, 0.3, 0.25});
    for (std::size_t i = 0; i < a.even.size(); ++i) {
      EXPECT_NEAR(a.even[i], b.even[i], 1e-14);
      EXPECT_NEAR(a.odd[i], -b.odd[i], 1e-14);
      EXPECT_LE(std::abs(a.even[i]), a.bound * (1 + 1e-12));
      EXPECT_LE(std::abs(a.odd[i]), a.bound * (1 + 1e-12));
    }
  }
}

TEST(LogGaborPair, ReadyLeavesNothingAlone) {
  const LogGaborPairs pairs(LogGaborConvention::paper, 4, 4);
  Taps taps(16, 1e-3);
  const Taps before = taps;
  EXPECT_EQ(pairs.ready(taps.data(), 1e-2), 0);
  EXPECT_EQ(taps, before);
  EXPECT_DOUBLE_EQ(pairs.ready(taps.data(), 0), 250);
  EXPECT_THROW(LogGaborPairs(LogGaborConvention::paper, 0, 4), Error);
}

}  // namespace
}  // namespace striate
