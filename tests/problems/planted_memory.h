// Random sparse complex codes and damaged copies of them, for tests of memories.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <vector>

#include "striate/core/random.h"
#include "striate/memory/unit_codes.h"

namespace striate::problems {

inline std::complex<double> random_phase(Random& random) {
  return std::polar(1.0, 2 * std::numbers::pi * random.uniform());
}

// `count` codes of k active units out of n; amplitudes exp(spread * normal), 1 if spread is 0.
template <class T>
SparseCodes<T> random_codes(std::int64_t n, std::int64_t k, std::int64_t count, std::uint64_t seed,
                            double spread = 0) {
  UnitCodes<T> codes(n);
  for (std::int64_t p = 0; p < count; ++p) {
    Random random(seed, stream("codes"), static_cast<std::uint64_t>(p));
    const auto order =
        permutation(n, Random(seed, stream("supports"), static_cast<std::uint64_t>(p)));
    std::vector<std::int32_t> units(order.begin(), order.begin() + k);
    std::ranges::sort(units);
    std::vector<std::complex<T>> values;
    for (std::int64_t i = 0; i < k; ++i)
      values.emplace_back(std::exp(spread * random.normal()) * random_phase(random));
    codes.append({units, values});
  }
  return pairs_of_units(codes);
}

// Copies in which `moved` active units of each code are silenced and as many others, of random
// phase, are active instead; all phases get normal noise of `phase_noise` radians.
template <class T>
SparseCodes<T> damaged(const SparseCodes<T>& pairs, std::int64_t moved, double phase_noise,
                       std::uint64_t seed) {
  const UnitCodes<T> codes = units_of_pairs(pairs);
  UnitCodes<T> result(codes.units());
  for (std::int64_t p = 0; p < codes.size(); ++p) {
    Random random(seed, stream("damage"), static_cast<std::uint64_t>(p));
    std::vector<std::complex<T>> dense(static_cast<std::size_t>(codes.units()));
    const UnitCode<T> code = codes[p];
    std::vector<std::int32_t> silent;
    for (std::int32_t i = 0; i < codes.units(); ++i)
      if (!std::ranges::binary_search(code.units, i)) silent.push_back(i);
    const auto order = permutation(static_cast<std::int64_t>(code.active()),
                                   Random(seed, stream("moved"), static_cast<std::uint64_t>(p)));
    for (std::size_t j = 0; j < code.active(); ++j) {
      const auto i = static_cast<std::size_t>(order[j]);
      const auto noise = std::polar(1.0, phase_noise * random.normal());
      if (static_cast<std::int64_t>(j) < moved) {
        const auto other = static_cast<std::size_t>(random.below(silent.size()));
        dense[static_cast<std::size_t>(silent[other])] =
            std::complex<T>(double(std::abs(code.values[i])) * random_phase(random));
      } else {
        dense[static_cast<std::size_t>(code.units[i])] =
            code.values[i] * static_cast<std::complex<T>>(noise);
      }
    }
    std::vector<std::int32_t> units;
    std::vector<std::complex<T>> values;
    for (std::size_t i = 0; i < dense.size(); ++i) {
      if (dense[i] == std::complex<T>(0)) continue;
      units.push_back(static_cast<std::int32_t>(i));
      values.push_back(dense[i]);
    }
    result.append({units, values});
  }
  return pairs_of_units(result);
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
