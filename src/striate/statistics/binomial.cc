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

}  // namespace striate
