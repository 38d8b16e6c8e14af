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

}  // namespace striate
