#include "striate/statistics/binomial.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/core/errors.h"
#include "striate/core/random.h"

namespace striate {
namespace {

TEST(Proportion, EqualsTheClosedForm) {
  const Proportion p = proportion(475, 500);
  EXPECT_DOUBLE_EQ(p.value, 0.95);
  EXPECT_NEAR(p.variance, 0.95 * 0.05 / 500, 1e-16);
  EXPECT_NEAR(p.error, 0.009746794344808964, 1e-15);
  EXPECT_EQ(proportion(0, 7).error, 0);
  EXPECT_EQ(proportion(7, 7).value, 1);
}

TEST(Proportion, ErrorIsTheSpreadOfRepeatedTrials) {
  constexpr int repeats = 4000, trials = 50;
  double sum = 0, squares = 0;
  for (std::uint64_t i = 0; i < repeats; ++i) {
    Random random(1, stream("proportion"), i);
    int hits = 0;
    for (int k = 0; k < trials; ++k) hits += random.uniform() < 0.3;
    const double p = proportion(hits, trials).value;
    sum += p, squares += p * p;
  }
  const double mean = sum / repeats, deviation = std::sqrt(squares / repeats - mean * mean);
  EXPECT_NEAR(deviation, proportion(15, 50).error, 0.003);  // 4000 repeats: 1.1 % of 0.065
}

TEST(Proportion, RefusesWhatIsNoShare) {
  try {
    proportion(3, 2);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "proportion: 3 successes in 2 trials; there must be a trial and at most as many "
                 "successes");
  }
  EXPECT_THROW(proportion(0, 0), Error);
  EXPECT_THROW(proportion(-1, 2), Error);
}

// The ends of the interval are the shares p from which the observed one is just `deviations`
// standard errors of p away.
TEST(WilsonInterval, EndsSolveItsEquation) {
  for (const std::int64_t successes : {1, 20, 39})
    for (const double z : {1.0, 1.96}) {
      const Interval found = wilson_interval(successes, 40, z);
      for (const double p : {found.low, found.high})
        EXPECT_NEAR(std::abs(double(successes) / 40 - p), z * std::sqrt(p * (1 - p) / 40), 1e-12);
      EXPECT_LT(found.low, double(successes) / 40);
      EXPECT_GT(found.high, double(successes) / 40);
    }
  EXPECT_EQ(wilson_interval(0, 9).low, 0);
  EXPECT_EQ(wilson_interval(9, 9).high, 1);
  EXPECT_NEAR(wilson_interval(0, 9).high, 3.8416 / (9 + 3.8416), 1e-12);
  EXPECT_EQ(wilson_interval(0, 0).low, 0);
  EXPECT_EQ(wilson_interval(0, 0).high, 1);
  EXPECT_THROW(wilson_interval(3, 2), Error);
  EXPECT_THROW(wilson_interval(1, 2, -1), Error);
}

}  // namespace
}  // namespace striate
