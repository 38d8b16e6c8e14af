// Penalty    Omega(z) = sum_j w_j log(1 + (z_j / sigma)^2), with z >= 0 if positive: the Cauchy prior
//            of 1996, smooth and not convex; it shrinks what is small and hardly what is large
// Prox       the root u between 0 and x of (u - x)(sigma^2 + u^2) + 2 t w u = 0 that is lowest in
//            1/2 (u - x)^2 + t w log(1 + (u / sigma)^2): one root, or three, the middle one a maximum.
//            Newton's method from either end, kept within brackets
// Symbols    sigma: the scale at which a coefficient counts as large. A code is hardly ever zero
// Source     olshausen1996
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "striate/penalties/penalty.h"

namespace striate {

template <class T, bool weighted, bool positive_>
class Log {
 public:
  using Scalar = T;
  static constexpr int static_size = 1;
  static constexpr bool positive = positive_, convex = false;

  Log(int, std::span<const double> weights, double sigma)
      : square_(sigma * sigma), weights_(weights) {}
  int size() const { return 1; }
  T weight(std::int64_t j) const { return weights_[j]; }

  double value(std::int64_t j, const T* z) const {
    return weights_[j] * std::log1p(static_cast<double>(*z) * *z / square_);
  }
  bool prox(std::int64_t j, T t, T* x) const {
    const double k = static_cast<double>(t) * weights_[j], size = std::abs(static_cast<double>(*x));
    if ((positive && *x < 0) || size == 0) {
      *x = 0;
      return false;
    }
    *x = static_cast<T>(std::copysign(lowest(size, k), static_cast<double>(*x)));
    return *x != 0;
  }
  // The slope at 0 is 0.
  T squared_dual(std::int64_t, const T* c) const {
    return (positive ? *c > 0 : *c != 0) ? std::numeric_limits<T>::infinity() : T(0);
  }
  double violation(std::int64_t j, double k, const T* z, const T* c) const {
    const double u = *z, x = *c - k * weights_[j] * 2 * u / (square_ + u * u);
    return positive && u == 0 ? std::max(x, 0.0) : std::abs(x);
  }

 private:
  // Of x > 0.
  double lowest(double x, double k) const {
    // p(u) = u^3 - x u^2 + (sigma^2 + 2 k) u - x sigma^2 rises through the minima; between its
    // turning points, if it has any, lies the maximum.
    const double linear = square_ + 2 * k, inside = x * x - 3 * linear;
    if (inside <= 0) return root(x, linear, 0, x);
    const double half = std::sqrt(inside), first = (x - half) / 3, second = (x + half) / 3;
    const bool low = p(first, x, linear) > 0, high = p(second, x, linear) < 0;
    if (!high) return root(x, linear, 0, low ? first : x);
    if (!low) return root(x, linear, second, x);
    const double a = root(x, linear, 0, first), b = root(x, linear, second, x);
    return energy(a, x, k) <= energy(b, x, k) ? a : b;
  }
  double p(double u, double x, double linear) const {
    return ((u - x) * u + linear) * u - x * square_;
  }
  double energy(double u, double x, double k) const {
    return (u - x) * (u - x) / 2 + k * std::log1p(u * u / square_);
  }
  // Where p, below 0 at `low` and above at `high`, is 0.
  double root(double x, double linear, double low, double high) const {
    double u = (low + high) / 2;
    for (int i = 0; i < 100 && high - low > 4 * std::numeric_limits<double>::epsilon() * high;
         ++i) {
      const double value = p(u, x, linear), slope = (3 * u - 2 * x) * u + linear;
      const double newton = u - value / slope;
      if (std::abs(newton - u) <= 2 * std::numeric_limits<double>::epsilon() * u) break;
      (value < 0 ? low : high) = u;
      u = newton > low && newton < high ? newton : (low + high) / 2;
    }
    return u;
  }

  double square_;
  detail::GroupWeights<T, weighted> weights_;
};

}  // namespace striate
