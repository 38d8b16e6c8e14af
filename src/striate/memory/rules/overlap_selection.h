// Which overlaps take part: those of at least overlap_cut, and of these the overlap_top with the
// largest parts of the potential, of equals the lower id.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "striate/memory/memory_settings.h"

namespace striate {

template <class T>
double modulus(std::complex<T> z) {
  return std::sqrt(std::norm(std::complex<double>(z)));
}

class OverlapSelection {
 public:
  OverlapSelection() = default;
  OverlapSelection(const MemorySettings& settings, double scale)
      : cut_(settings.overlap_cut.value_or(0) / scale),
        top_(static_cast<std::size_t>(settings.overlap_top.value_or(0))) {}

  bool all() const { return cut_ == 0 && top_ == 0; }
  bool by_size() const { return top_ == 0; }  // what becomes of an overlap depends on it alone
  double cut() const { return cut_; }         // a modulus; 0: none
  std::int64_t top() const { return static_cast<std::int64_t>(top_); }  // 0: all
  // Parts of what is out become -1; some may be that before.
  void select(std::span<double> parts) const {
    if (top_ == 0 || parts.size() <= top_) return;
    std::vector<std::pair<double, std::size_t>> ranking;
    for (std::size_t p = 0; p < parts.size(); ++p) ranking.emplace_back(-parts[p], p);
    const auto first_out = ranking.begin() + static_cast<std::ptrdiff_t>(top_);
    std::nth_element(ranking.begin(), first_out, ranking.end());
    for (auto out = first_out; out != ranking.end(); ++out) parts[out->second] = -1;
  }

 private:
  double cut_ = 0;
  std::size_t top_ = 0;
};

}  // namespace striate
