#include "striate/statistics/binomial.h"

#include <cmath>

#include "striate/core/errors.h"

namespace striate {

Proportion proportion(std::int64_t successes, std::int64_t trials) {
  if (trials < 1 || successes < 0 || successes > trials)
    throw Error("proportion: ", successes, " successes in ", trials,
                " trials; there must be a trial and at most as many successes");
  const double n = static_cast<double>(trials), p = static_cast<double>(successes) / n;
  const double variance = p * (1 - p) / n;
  return {p, variance, std::sqrt(variance)};
}

Interval wilson_interval(std::int64_t successes, std::int64_t trials, double deviations) {
  if (trials < 0 || successes < 0 || successes > trials || !(deviations >= 0))
    throw Error("wilson_interval: ", successes, " successes in ", trials, " trials, ", deviations,
                " deviations; there must be at most as many successes and none below 0");
  if (trials == 0) return {};
  const double n = static_cast<double>(trials), p = static_cast<double>(successes) / n;
  const double z2 = deviations * deviations / n;
  const double middle = p + z2 / 2;
  const double half = std::sqrt(z2 * (p * (1 - p) + z2 / 4));
  return {successes == 0 ? 0 : (middle - half) / (1 + z2),
          successes == trials ? 1 : (middle + half) / (1 + z2)};
}

}  // namespace striate
