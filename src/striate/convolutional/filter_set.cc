#include "striate/convolutional/filter_set.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "striate/linalg/kernels.h"

namespace striate {

template <class T>
void FilterSet::restrict(std::int64_t filter, std::span<T> d) const {
  const std::int64_t h = rows_of(filter), w = columns_of(filter);
  for (std::int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (std::int64_t a = 0; a < rows; ++a)
      for (std::int64_t b = 0; b < columns; ++b) {
        T& tap = d[static_cast<std::size_t>((a * columns + b) * channels + c)];
        if (a >= h || b >= w) tap = 0;
        sum += static_cast<double>(tap);
      }
    if (!zero_mean) continue;
    const T mean = static_cast<T>(sum / static_cast<double>(h * w));
    for (std::int64_t a = 0; a < h; ++a)
      for (std::int64_t b = 0; b < w; ++b)
        d[static_cast<std::size_t>((a * columns + b) * channels + c)] -= mean;
  }
}

template <class T>
bool FilterSet::project(std::int64_t filter, std::span<T> d) const {
  const std::int64_t n = taps();
  const double before = std::sqrt(dot<double>(n, d.data(), d.data()));
  restrict(filter, d);
  const double norm = std::sqrt(dot<double>(n, d.data(), d.data()));
  // What the rounding of a mean leaves is nothing.
  constexpr double rounding = 8 * std::numeric_limits<T>::epsilon();
  if (!std::isfinite(norm) || norm <= rounding * before) return false;
  for (T& tap : d) tap = static_cast<T>(static_cast<double>(tap) / norm);
  return true;
}

template <class T>
void FilterSet::project_all(std::string_view who, MatrixView<T> all) const {
  for (std::int64_t k = 0; k < filters; ++k)
    if (!project(k, all.column(k)))
      throw Error(who, ": filter ", k, " is zero or not finite",
                  zero_mean || !sides.empty() ? " where it may have taps" : "",
                  "; a direction is needed");
}

void check_filter_set(std::string_view who, const FilterSet& set) {
  if (set.filters < 1 || set.rows < 1 || set.columns < 1 || set.channels < 1)
    throw Error(who, ": ", set.filters, " filters of ", set.rows, " x ", set.columns, " x ",
                set.channels, " taps; at least 1 of each is needed");
  if (std::ssize(set.sides) > set.filters)
    throw Error(who, ": sides has ", set.sides.size(), " values for ", set.filters,
                " filters; there can be no more");
  for (std::int64_t side : set.sides)
    if (side < 1 || side > std::max(set.rows, set.columns))
      throw Error(who, ": sides holds ", side, "; they are from 1 to ",
                  std::max(set.rows, set.columns), ", the size of the filters");
  for (std::int64_t k = 0; k < set.filters; ++k)
    if (set.zero_mean && set.rows_of(k) * set.columns_of(k) == 1)
      throw Error(who, ": zero_mean leaves nothing of filter ", k, ", which has one tap");
}

#define STRIATE_INSTANTIATE(T)                                         \
  template void FilterSet::restrict(std::int64_t, std::span<T>) const; \
  template bool FilterSet::project(std::int64_t, std::span<T>) const;  \
  template void FilterSet::project_all(std::string_view, MatrixView<T>) const;
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
