// Comparing a state with every stored code by |cos| = |<z_p, z>| / (||z_p|| ||z||).
#pragma once

#include <complex>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "striate/memory/identification.h"
#include "striate/memory/unit_codes.h"

namespace striate::detail {

// out_p = |a_p| / (norms_p * state_norm); 0 where a norm is 0.
template <class T>
void cosines(std::span<const std::complex<T>> overlaps, std::span<const double> norms,
             double state_norm, std::span<double> out);

struct Match {
  std::int64_t row = -1;  // the largest |cos|, of equals the first; -1 if all are 0
  double cosine = 0;
  double margin = 0;  // minus the second largest
  double second = 0;
};
Match best_match(std::span<const double> cosines);

// How similar stored codes are to one another: mean + 3 standard deviations of |cos| over their
// pairs, all of them up to 256 codes, else 32768 pairs drawn from a fixed seed. 0 for fewer than
// two.
template <class T>
double cross_talk(const UnitCodes<T>& codes, std::span<const double> norms);
// The same of any patterns, cosine(p, q) the |cos| of two.
double cross_talk(std::int64_t patterns,
                  const std::function<double(std::int64_t, std::int64_t)>& cosine);

// pattern, mixture or diffuse (identification.h); a state without any overlap is diffuse.
Kind kind_of(const Match& match, double cross_talk);

}  // namespace striate::detail
