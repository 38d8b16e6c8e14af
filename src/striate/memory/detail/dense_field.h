// Problem    the field of all stored patterns on a sparse state, where the weight matrix fits
// Update     u = J z, J = sum_p w_p z_p z_p^H: only the columns of active units are read
// Symbols    J (n x n), column-major
// Cost       8 n^2 bytes (float); a step 8 n K of them; a pattern of K units adds K^2 numbers
// Instead    inverted_index.h: large n, overlaps that are weighed, many patterns
#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "striate/memory/unit_codes.h"

namespace striate::detail {

template <class T>
class DenseField {
 public:
  DenseField() = default;
  DenseField(std::int64_t units, bool zero_diagonal);

  std::int64_t units() const { return units_; }
  void clear_column(std::int32_t unit);
  // J[:, unit] += factor code, but for a diagonal that is zero.
  void add_to_column(std::int32_t unit, std::complex<T> factor, UnitCode<T> code);
  // u = J z
  void apply(UnitCode<T> z, std::span<std::complex<T>> u) const;
  std::int64_t bytes() const { return static_cast<std::int64_t>(j_.capacity() * sizeof(Line)); }

 private:
  // What the cache loads at once: 8 complex floats.
  struct alignas(64) Line {
    T reals[64 / sizeof(T)] = {};  // real and imaginary parts in turn
  };
  const T* column(std::int32_t unit) const {
    return j_[stride_ * static_cast<std::size_t>(unit)].reals;
  }
  std::int64_t units_ = 0;
  bool zero_diagonal_ = false;
  std::size_t stride_ = 0;  // lines from one column to the next
  std::vector<Line> j_;
};

}  // namespace striate::detail
