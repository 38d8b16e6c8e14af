// Sparse complex codes, one after another: what a memory stores and settles. Unit i is the complex
// number z[2i] + i z[2i+1] of a pair code; here it takes one index and one complex value.
#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "striate/codes/sparse_codes.h"
#include "striate/core/matrix.h"

namespace striate {

// One complex code, borrowed: units rising.
template <class T>
struct UnitCode {
  std::span<const std::int32_t> units;
  std::span<const std::complex<T>> values;
  std::size_t active() const { return units.size(); }
};

template <class T>
class UnitCodes {
 public:
  explicit UnitCodes(std::int64_t units = 0) : units_(units) {}

  std::int64_t units() const { return units_; }  // n
  std::int64_t size() const { return static_cast<std::int64_t>(starts_.size()) - 1; }
  std::int64_t active() const { return starts_.back(); }  // entries of all codes
  UnitCode<T> operator[](std::int64_t code) const {
    const auto first = static_cast<std::size_t>(starts_[static_cast<std::size_t>(code)]);
    const auto last = static_cast<std::size_t>(starts_[static_cast<std::size_t>(code) + 1]);
    return {std::span(unit_).subspan(first, last - first),
            std::span(values_).subspan(first, last - first)};
  }
  void append(UnitCode<T> code);
  void clear();  // keeps the room

 private:
  std::int64_t units_;
  std::vector<std::int64_t> starts_ = {0};
  std::vector<std::int32_t> unit_;
  std::vector<std::complex<T>> values_;
};

// Pairs to units: exact zeros are dropped, a pair of which only half is stored has zero in the
// other half. Error: an odd number of atoms.
template <class T>
UnitCodes<T> units_of_pairs(const SparseCodes<T>& pairs);
// Units to whole pairs (2n atoms).
template <class T>
SparseCodes<T> pairs_of_units(const UnitCodes<T>& codes);
// A dense complex matrix (units x codes) as pairs; exact zeros are dropped.
template <class T>
SparseCodes<T> pairs_of_complex(MatrixView<const std::complex<T>> codes);

// sum_i conj(a_i) b_i over the units that both hold.
template <class T>
std::complex<double> inner_product(UnitCode<T> a, UnitCode<T> b);
// The Euclidean norm, without overflow.
template <class T>
double code_norm(UnitCode<T> code);

}  // namespace striate
