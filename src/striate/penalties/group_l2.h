// Penalty    Omega(z) = sum_g w_g |z_g|_2, with z >= 0 if positive; group g holds the coefficients
//            g*s .. g*s + s - 1. No factor sqrt(s).
// Prox       max(1 - t w / |x|, 0) x;    positive: of max(x, 0)
// Dual norm  max_g |c_g| / w_g;          positive: max_g |max(c_g, 0)| / w_g
// Symbols    static_size: s where it is known at compile time, else 0
// Source     yuan2006
#pragma once

#include <cmath>

#include "striate/penalties/penalty.h"

namespace striate {

template <class T, int static_size_, bool weighted, bool positive_>
class GroupL2 {
 public:
  using Scalar = T;
  static constexpr int static_size = static_size_;
  static constexpr bool positive = positive_, convex = true;

  GroupL2(int size, std::span<const double> weights) : size_(size), weights_(weights) {}
  int size() const { return static_size > 0 ? static_size : size_; }
  T weight(std::int64_t g) const { return weights_[g]; }

  double value(std::int64_t g, const T* z) const {
    double sum = 0;
    for (int i = 0; i < size(); ++i) sum += static_cast<double>(z[i]) * z[i];
    return weights_[g] * std::sqrt(sum);
  }
  bool prox(std::int64_t g, T t, T* x) const {
    const T norm = std::sqrt(squared_norm(x));
    const T threshold = t * weights_[g];
    const T factor = norm > threshold ? 1 - threshold / norm : T(0);
    for (int i = 0; i < size(); ++i) x[i] = factor * part(x[i]);
    return factor > 0;
  }
  T squared_dual(std::int64_t g, const T* c) const {
    return weights_.over_square(squared_norm(c), g);
  }
  double violation(std::int64_t g, double k, const T* z, const T* c) const {
    const double bound = k * weights_[g];
    double norm = 0;
    for (int i = 0; i < size(); ++i) norm += static_cast<double>(z[i]) * z[i];
    norm = std::sqrt(norm);
    if (norm == 0) return std::max(std::sqrt(static_cast<double>(squared_norm(c))) - bound, 0.0);
    double sum = 0;
    for (int i = 0; i < size(); ++i) {
      double x = c[i] - bound * z[i] / norm;
      if (positive && z[i] == 0) x = std::max(x, 0.0);
      sum += x * x;
    }
    return std::sqrt(sum);
  }

 private:
  static T part(T x) { return positive ? (x > 0 ? x : T(0)) : x; }
  T squared_norm(const T* x) const {
    T sum = 0;
    for (int i = 0; i < size(); ++i) sum += part(x[i]) * part(x[i]);
    return sum;
  }
  int size_;
  detail::GroupWeights<T, weighted> weights_;
};

}  // namespace striate
