// Comparing a state with every stored code by |cos| = |<z_p, z>| / (||z_p|| ||z||).
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "striate/memory/identification.h"

namespace striate::detail {

struct Match {
  std::int64_t row = -1;  // the largest |cos|, of equals the first; -1 if all are 0
  double cosine = 0;
  double margin = 0;  // minus the second largest
  double second = 0;
};
Match best_match(std::span<const double> cosines);

// How similar patterns are to one another, cosine(p, q) the |cos| of two: mean + 3 standard
// deviations over their pairs, all of them up to 256 patterns, else 32768 pairs drawn from a fixed
// seed. 0 for fewer than two.
double cross_talk(std::int64_t patterns,
                  const std::function<double(std::int64_t, std::int64_t)>& cosine);

// pattern, mixture or diffuse (identification.h); a state without any overlap is diffuse.
Kind kind_of(const Match& match, double cross_talk);

}  // namespace striate::detail
