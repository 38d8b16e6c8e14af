#include "striate/memory/cue_damage.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "striate/core/random.h"
#include "striate/memory/unit_codes.h"

namespace striate {
namespace {

std::complex<double> random_phase(Random& random) {
  return std::polar(1.0, 2 * std::numbers::pi * random.uniform());
}

}  // namespace

template <class T>
SparseCodes<T> random_codes(std::int64_t units, std::int64_t active, std::int64_t count,
                            std::uint64_t seed, double spread) {
  if (active < 1 || active > units)
    throw Error("random_codes: ", active, " active units; there must be from 1 to ", units);
  if (count < 0) throw Error("random_codes: ", count, " codes; there must be at least 0");
  UnitCodes<T> codes(units);
  for (std::int64_t p = 0; p < count; ++p) {
    const auto item = static_cast<std::uint64_t>(p);
    Random random(seed, stream("codes"), item);
    const auto order = permutation(units, Random(seed, stream("supports"), item));
    std::vector<std::int32_t> support(order.begin(), order.begin() + active);
    std::ranges::sort(support);
    std::vector<std::complex<T>> values;
    for (std::int64_t i = 0; i < active; ++i)
      values.emplace_back(std::exp(spread * random.normal()) * random_phase(random));
    codes.append({support, values});
  }
  return pairs_of_units(codes);
}

template <class T>
SparseCodes<T> damaged_codes(const SparseCodes<T>& pairs, const CueDamage& damage,
                             std::uint64_t seed) {
  validate("damaged_codes", damage);
  const UnitCodes<T> codes = units_of_pairs(pairs);
  UnitCodes<T> result(codes.units());
  for (std::int64_t p = 0; p < codes.size(); ++p) {
    const UnitCode<T> code = codes[p];
    const auto item = static_cast<std::uint64_t>(p);
    Random random(seed, stream("damage"), item);
    std::vector<std::complex<T>> dense(static_cast<std::size_t>(codes.units()));
    std::vector<std::int32_t> silent;
    for (std::int32_t i = 0; i < codes.units(); ++i)
      if (!std::ranges::binary_search(code.units, i)) silent.push_back(i);
    const auto active = static_cast<std::int64_t>(code.active());
    const std::int64_t moved = std::llround(damage.damage * static_cast<double>(active));
    const auto order = permutation(active, Random(seed, stream("moved"), item));
    for (std::int64_t j = 0; j < active; ++j) {
      const auto i = static_cast<std::size_t>(order[static_cast<std::size_t>(j)]);
      const auto noise = std::polar(1.0, damage.phase_noise * random.normal());
      auto unit = static_cast<std::size_t>(code.units[i]);
      if (j < moved) {
        if (!silent.empty()) unit = static_cast<std::size_t>(silent[random.below(silent.size())]);
        dense[unit] = std::complex<T>(double(std::abs(code.values[i])) * random_phase(random));
      } else {
        dense[unit] = code.values[i] * static_cast<std::complex<T>>(noise);
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

#define STRIATE_INSTANTIATE(T)                                                                  \
  template SparseCodes<T> random_codes(std::int64_t, std::int64_t, std::int64_t, std::uint64_t, \
                                       double);                                                 \
  template SparseCodes<T> damaged_codes(const SparseCodes<T>&, const CueDamage&, std::uint64_t);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
