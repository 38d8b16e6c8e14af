// Penalty    Omega(z) = sum_j w_j |z_j|, with z >= 0 if positive
// Prox       sign(x) max(|x| - t w, 0);  positive: max(x - t w, 0)
// Dual norm  max_j |c_j| / w_j;          positive: max_j max(c_j, 0) / w_j
// Source     tibshirani1996
#pragma once

#include <cmath>

#include "striate/penalties/penalty.h"

namespace striate {

template <class T, bool weighted, bool positive_>
class L1 {
 public:
  using Scalar = T;
  static constexpr int static_size = 1;
  static constexpr bool positive = positive_, convex = true;

  explicit L1(int, std::span<const double> weights) : weights_(weights) {}
  int size() const { return 1; }
  T weight(std::int64_t j) const { return weights_[j]; }

  double value(std::int64_t j, const T* z) const {
    return static_cast<double>(weights_[j]) * std::abs(static_cast<double>(*z));
  }
  bool prox(std::int64_t j, T t, T* x) const {
    const T threshold = t * weights_[j];
    const T left = (positive ? *x : std::abs(*x)) - threshold;
    if (!(left > 0)) {
      *x = 0;
      return false;
    }
    *x = positive ? left : std::copysign(left, *x);
    return true;
  }
  T squared_dual(std::int64_t j, const T* c) const {
    const T x = positive ? (*c > 0 ? *c : T(0)) : *c;
    return weights_.over_square(x * x, j);
  }
  double violation(std::int64_t j, double k, const T* z, const T* c) const {
    const double bound = k * weights_[j], x = *c;
    if (*z != 0) return std::abs(x - std::copysign(bound, static_cast<double>(*z)));
    return std::max((positive ? x : std::abs(x)) - bound, 0.0);
  }

 private:
  detail::GroupWeights<T, weighted> weights_;
};

}  // namespace striate
