// Penalty    Omega(z) = sum_j w_j [z_j != 0], with z >= 0 if positive: not convex, so a minimum that
//            is found may be a local one
// Prox       x where |x| > sqrt(2 t w), else 0; positive: where x > sqrt(2 t w)
// Source     donoho1994 (hard threshold)
#pragma once

#include <cmath>

#include "striate/penalties/penalty.h"

namespace striate {

template <class T, bool weighted, bool positive_>
class L0 {
 public:
  using Scalar = T;
  static constexpr int static_size = 1;
  static constexpr bool positive = positive_, convex = false;

  L0(int, std::span<const double> weights) : weights_(weights) {}
  int size() const { return 1; }
  T weight(std::int64_t j) const { return weights_[j]; }

  double value(std::int64_t j, const T* z) const {
    return *z != 0 ? static_cast<double>(weights_[j]) : 0.0;
  }
  bool prox(std::int64_t j, T t, T* x) const {
    const bool kept = (positive ? *x : std::abs(*x)) > std::sqrt(2 * t * weights_[j]);
    if (!kept) *x = 0;
    return kept;
  }
  // Every c is in the subdifferential at 0.
  T squared_dual(std::int64_t, const T*) const { return 0; }
  double violation(std::int64_t, double, const T* z, const T* c) const {
    return *z != 0 ? std::abs(static_cast<double>(*c)) : 0.0;
  }

 private:
  detail::GroupWeights<T, weighted> weights_;
};

}  // namespace striate
