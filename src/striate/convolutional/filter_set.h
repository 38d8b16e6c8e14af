// Where learned filters may lie: |d_k| = 1; with `zero_mean` the mean of every channel is 0; and
// with `sides` filter k has taps in its upper left side x side corner only. Filters share the sides
// in equal parts, in order: sides {6, 12} make the first half 6 x 6.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "striate/core/matrix.h"

namespace striate {

struct FilterSet {
  std::int64_t filters = 0, rows = 0, columns = 0, channels = 1;
  bool zero_mean = false;
  std::vector<std::int64_t> sides = {};  // empty: all are rows x columns

  std::int64_t taps() const { return rows * columns * channels; }
  std::int64_t rows_of(std::int64_t filter) const { return std::min(rows, side_of(filter)); }
  std::int64_t columns_of(std::int64_t filter) const { return std::min(columns, side_of(filter)); }

  // d without what the set forbids: the nearest point but for its length.
  template <class T>
  void restrict(std::int64_t filter, std::span<T> d) const;
  // The nearest point of the set to d. False, with d spoilt, where nothing of d is left.
  template <class T>
  bool project(std::int64_t filter, std::span<T> d) const;
  // All filters (taps x filters). Error that begins with `who` and names one of which nothing is left.
  template <class T>
  void project_all(std::string_view who, MatrixView<T> filters) const;

 private:
  std::int64_t side_of(std::int64_t filter) const {
    const auto parts = static_cast<std::int64_t>(sides.size());
    return parts ? sides[static_cast<std::size_t>(filter * parts / filters)]
                 : std::max(rows, columns);
  }
};
// Error that begins with `who`: no filter or tap, a side below 1 or above both of the sizes, more
// sides than filters, or one tap of which the mean is to be 0.
void check_filter_set(std::string_view who, const FilterSet& set);

}  // namespace striate
