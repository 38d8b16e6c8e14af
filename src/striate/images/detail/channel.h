// What the filters of this room ask of one channel of an image.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "striate/core/image.h"

namespace striate::detail {

// Error, led by `who`, if the image has no elements or is not finite.
template <class T>
void require_numbers(const char* who, const Image<T>& image) {
  if (image.size() == 0)
    throw Error(who, ": the image has ", image.rows(), " rows and ", image.columns(),
                " columns; there must be at least one of each");
  if (!std::all_of(image.data(), image.data() + image.size(), [](T x) { return std::isfinite(x); }))
    throw Error(who, ": the image has a value that is not finite; all must be numbers");
}

template <class T>
bool constant(const Image<T>& image, std::int64_t channel) {
  for (std::int64_t i = channel; i < image.size(); i += image.channels())
    if (image.data()[i] != image.data()[channel]) return false;
  return true;
}

// Index of n values that are mirrored beyond their ends, the ends themselves repeated:
// 2 1 0 | 0 1 2 | 2 1 0 | 0 1 ...
constexpr std::int64_t mirrored(std::int64_t i, std::int64_t n) {
  const std::int64_t inside = (i % (2 * n) + 2 * n) % (2 * n);
  return inside < n ? inside : 2 * n - 1 - inside;
}

// A channel with so many mirrored pixels around it, (rows + 2 pad) x (columns + 2 pad), row by row.
template <class T>
std::vector<double> mirrored_channel(const Image<T>& image, std::int64_t channel,
                                     std::int64_t pad) {
  std::vector<double> padded;
  padded.reserve(static_cast<std::size_t>((image.rows() + 2 * pad) * (image.columns() + 2 * pad)));
  for (std::int64_t r = -pad; r < image.rows() + pad; ++r)
    for (std::int64_t c = -pad; c < image.columns() + pad; ++c)
      padded.push_back(static_cast<double>(
          image(mirrored(r, image.rows()), mirrored(c, image.columns()), channel)));
  return padded;
}

}  // namespace striate::detail
