// A share of trials and how sure it is.
#pragma once

#include <cstdint>

namespace striate {

struct Proportion {
  double value = 0;     // p = successes / trials
  double variance = 0;  // p (1 - p) / trials
  double error = 0;     // the square root of it: the standard error
};

// Error: no trials, or successes outside 0 .. trials.
Proportion proportion(std::int64_t successes, std::int64_t trials);

struct Interval {
  double low = 0, high = 1;
};

// Wilson's interval for the share behind so many successes, `deviations` standard errors wide to
// either side (1.96: 95 %). Never empty, never outside 0 .. 1; [0, 1] of no trials. Error: successes
// outside 0 .. trials, deviations below 0.
Interval wilson_interval(std::int64_t successes, std::int64_t trials, double deviations = 1.96);

}  // namespace striate
