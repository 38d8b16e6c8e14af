// A state as its active units: what settling passes on from step to step, and what it answers.
#pragma once

#include <algorithm>
#include <complex>
#include <cstdint>
#include <vector>

#include "striate/memory/unit_codes.h"

namespace striate::detail {

template <class T>
struct SparseState {
  std::vector<std::int32_t> units;  // rising
  std::vector<std::complex<T>> values;

  std::size_t active() const { return units.size(); }
  UnitCode<T> view() const { return {units, values}; }
  void clear() {
    units.clear();
    values.clear();
  }
  void push(std::int32_t unit, std::complex<T> value) {
    units.push_back(unit);
    values.push_back(value);
  }
  void assign(UnitCode<T> code) {
    units.assign(code.units.begin(), code.units.end());
    values.assign(code.values.begin(), code.values.end());
  }
  void drop_zeros() {
    const auto zero = std::ranges::find(values, std::complex<T>(0));
    std::size_t kept = static_cast<std::size_t>(zero - values.begin());
    for (std::size_t i = kept; i < units.size(); ++i) {
      units[kept] = units[i];
      values[kept] = values[i];
      kept += std::size_t{values[i].real() != 0} | std::size_t{values[i].imag() != 0};  // no branch
    }
    units.resize(kept);
    values.resize(kept);
  }
};

}  // namespace striate::detail
