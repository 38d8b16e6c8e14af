// Random sparse complex codes and damaged copies of them, for tests of memories.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <vector>

#include "striate/core/random.h"
#include "striate/memory/cue_damage.h"
#include "striate/memory/unit_codes.h"

namespace striate::problems {

inline std::complex<double> random_phase(Random& random) {
  return std::polar(1.0, 2 * std::numbers::pi * random.uniform());
}

using striate::random_codes;

// damaged_codes (memory/cue_damage.h) with `moved` units of each code moved: of codes that all have
// as many active units as the first.
template <class T>
SparseCodes<T> damaged(const SparseCodes<T>& codes, std::int64_t moved, double phase_noise,
                       std::uint64_t seed) {
  if (codes.signals() == 0) return codes;
  const auto active = static_cast<double>(units_of_pairs(codes)[0].active());
  return damaged_codes(
      codes, {.damage = static_cast<double>(moved) / active, .phase_noise = phase_noise}, seed);
}

// One signal of pair codes as a dense complex vector.
template <class T>
std::vector<std::complex<double>> dense(const SparseCodes<T>& pairs, std::int64_t signal) {
  std::vector<std::complex<double>> z(static_cast<std::size_t>(pairs.atoms() / 2));
  const CodeView<T> code = pairs[signal];
  for (std::size_t i = 0; i < code.nonzeros(); ++i) {
    std::complex<double>& x = z[static_cast<std::size_t>(code.indices[i] / 2)];
    if (code.indices[i] % 2 == 0) x.real(code.values[i]);
    else x.imag(code.values[i]);
  }
  return z;
}

}  // namespace striate::problems
