// Penalty    Omega(z) = a |z|_1 + (1 - a) sum_g w_g |z_g|_2, with z >= 0 if positive; group g holds
//            the coefficients g*s .. g*s + s - 1
// Prox       GroupL2's of the soft threshold: u = S(x, t a), max(1 - t (1 - a) w / |u|, 0) u
// Dual norm  the largest over g of the root k of |S(c_g, k a)| = k (1 - a) w_g: with the |c_i| in
//            falling order and the first n of them above k a, a quadratic in k;
//            positive: of max(c, 0)
// Symbols    a: l1_share, 0 <= a <= 1; S(x, t) = sign(x) max(|x| - t, 0)
// Source     simon2013
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>

#include "striate/penalties/penalty.h"

namespace striate {

template <class T, bool weighted, bool positive_>
class SparseGroup {
 public:
  using Scalar = T;
  static constexpr int static_size = 0;
  static constexpr bool positive = positive_, convex = true;

  SparseGroup(int size, std::span<const double> weights, double l1_share)
      : size_(size), l1_(static_cast<T>(l1_share)), weights_(weights) {}
  int size() const { return size_; }
  T weight(std::int64_t g) const { return l1_ + norm_weight(g); }
  // The two parts of the weight, on |z_g|_1 and on |z_g|_2.
  T l1_weight() const { return l1_; }
  T norm_weight(std::int64_t g) const { return (1 - l1_) * weights_[g]; }

  double value(std::int64_t g, const T* z) const {
    double sum = 0, squares = 0;
    for (int i = 0; i < size_; ++i) {
      sum += std::abs(static_cast<double>(z[i]));
      squares += static_cast<double>(z[i]) * z[i];
    }
    return l1_ * sum + norm_weight(g) * std::sqrt(squares);
  }
  bool prox(std::int64_t g, T t, T* x) const {
    T squares = 0;
    for (int i = 0; i < size_; ++i) {
      x[i] = std::copysign(above(x[i], t * l1_), x[i]);
      squares += x[i] * x[i];
    }
    const T norm = std::sqrt(squares), threshold = t * norm_weight(g);
    const T factor = norm > threshold ? 1 - threshold / norm : T(0);
    for (int i = 0; i < size_; ++i) x[i] = factor > 0 && x[i] != 0 ? factor * x[i] : T(0);
    return factor > 0;
  }
  T squared_dual(std::int64_t g, const T* c) const;
  double violation(std::int64_t g, double k, const T* z, const T* c) const {
    double norm = 0, sum = 0;
    for (int i = 0; i < size_; ++i) norm += static_cast<double>(z[i]) * z[i];
    norm = std::sqrt(norm);
    const double l1 = k * l1_, bound = k * norm_weight(g);
    for (int i = 0; i < size_; ++i) {
      const double x =
          z[i] == 0 ? above(c[i], l1)
                    : c[i] - std::copysign(l1, static_cast<double>(z[i])) - bound * z[i] / norm;
      sum += x * x;
    }
    return norm == 0 ? std::max(std::sqrt(sum) - bound, 0.0) : std::sqrt(sum);
  }

 private:
  // How far x is beyond the threshold, on the sides that count.
  template <class X>
  static X above(X x, std::type_identity_t<X> threshold) {
    return std::max((positive ? x : std::abs(x)) - threshold, X(0));
  }

  int size_;
  T l1_;
  detail::GroupWeights<T, weighted> weights_;
};

template <class T, bool weighted, bool positive_>
T SparseGroup<T, weighted, positive_>::squared_dual(std::int64_t g, const T* c) const {
  const double a = l1_, bound = norm_weight(g);
  if (a == 0 && bound == 0) return 0;
  thread_local std::vector<double> sizes;
  sizes.assign(static_cast<std::size_t>(size_) + 1, 0.0);  // and a zero at the end
  for (int i = 0; i < size_; ++i)
    sizes[static_cast<std::size_t>(i)] = above(static_cast<double>(c[i]), 0);
  std::sort(sizes.begin(), sizes.end(), std::greater<>());
  if (sizes[0] == 0) return 0;
  double sum = 0, squares = 0;
  for (std::size_t n = 1;; ++n) {
    const double last = sizes[n - 1], next = sizes[n];
    sum += last;
    squares += last * last;
    // At k = next / a the left side has its n terms. Is it the larger one there?
    const double count = static_cast<double>(n);
    const double left = squares - 2 * sum * next + count * next * next;
    if (n < static_cast<std::size_t>(size_) && a * std::sqrt(std::max(left, 0.0)) < next * bound)
      continue;
    const double inside = a * a * sum * sum - (count * a * a - bound * bound) * squares;
    const double k = squares / (a * sum + std::sqrt(std::max(inside, 0.0)));
    return static_cast<T>(k * k);
  }
}

}  // namespace striate
