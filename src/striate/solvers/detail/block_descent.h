// The body of sub_problem.h for one penalty.
#pragma once

#include <algorithm>
#include <cmath>

#include "striate/linalg/cholesky.h"
#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"
#include "striate/solvers/detail/sub_problem.h"

namespace striate::detail {

template <class T, Penalty P>
class BlockDescent final : public SubProblem<T> {
 public:
  BlockDescent(P penalty, const BlockSteps<T>& steps)
      : SubProblem<T>(steps), penalty_(std::move(penalty)) {
    block_.resize(2 * static_cast<std::size_t>(penalty_.size()));
  }
  int descend(double lambda, double fraction, double target, int max_passes) override;

 private:
  enum class Sweep { nothing_changed, changed, support_changed };
  Sweep sweep(T lambda);
  bool newton(double lambda);
  Certificate certificate(double lambda) const;
  void move(int coefficient, T change) { axpy(stride_, -change, gram(coefficient), c_.data()); }

  const P penalty_;
  using SubProblem<T>::steps_, SubProblem<T>::groups_, SubProblem<T>::n_, SubProblem<T>::stride_,
      SubProblem<T>::gram_, SubProblem<T>::z_, SubProblem<T>::c_, SubProblem<T>::gram,
      SubProblem<T>::residual;

  std::vector<T> block_;  // a block step's new z_g and the correlations left
  // Newton
  std::vector<std::int32_t> free_;
  Matrix<T> hessian_;
  std::vector<T> direction_;
  AlignedVector<T> trial_, moved_;
};

template <class T, Penalty P>
auto BlockDescent<T, P>::sweep(T lambda) -> Sweep {
  Sweep result = Sweep::nothing_changed;
  const int size = penalty_.size();
  for (std::size_t b = 0; b < groups_.size(); ++b) {
    const std::int32_t g = groups_[b];
    const int first = static_cast<int>(b) * size;
    const T curvature = steps_.curvature[static_cast<std::size_t>(g)];
    if (!(curvature > 0)) continue;
    const T step = 1 / curvature, threshold = lambda * step;
    T* z = z_.data() + first;
    const T* c = c_.data() + first;
    if constexpr (P::static_size == 1) {
      T x = z[0] + step * c[0];
      const bool kept = penalty_.prox(g, threshold, &x);
      const T change = x - z[0];
      if (change == 0) continue;
      if (kept != (z[0] != 0)) result = Sweep::support_changed;
      z[0] = x;
      move(first, change);
    } else {
      T *x = block_.data(), *rest = x + size;
      bool was = false, kept = false;
      for (int i = 0; i < size; ++i) {
        was = was || z[i] != 0;
        x[i] = z[i] + step * c[i];
      }
      kept = penalty_.prox(g, threshold, x);
      if (!kept && !was) continue;
      for (int repeat = 1; repeat < steps_.repeats[static_cast<std::size_t>(g)]; ++repeat) {
        for (int i = 0; i < size; ++i) {
          rest[i] = c[i];
          for (int j = 0; j < size; ++j) rest[i] -= gram(first + i)[first + j] * (x[j] - z[j]);
        }
        for (int i = 0; i < size; ++i) x[i] += step * rest[i];
        kept = penalty_.prox(g, threshold, x);
      }
      bool changed = false;
      if constexpr (P::static_size == 2) {
        const T d0 = x[0] - z[0], d1 = x[1] - z[1];
        changed = d0 != 0 || d1 != 0;
        z[0] = x[0];
        z[1] = x[1];
        const T* __restrict g0 = gram(first), * __restrict g1 = gram(first + 1);
        T* __restrict to = c_.data();
        for (int i = 0; i < stride_; ++i) to[i] -= d0 * g0[i] + d1 * g1[i];
      } else {
        for (int i = 0; i < size; ++i) {
          const T change = x[i] - z[i];
          if (change == 0) continue;
          changed = true;
          z[i] = x[i];
          move(first + i, change);
        }
      }
      if (kept != was) result = Sweep::support_changed;
      else if (changed && result == Sweep::nothing_changed) result = Sweep::changed;
      continue;
    }
    if (result == Sweep::nothing_changed) result = Sweep::changed;
  }
  return result;
}

template <class T, Penalty P>
Certificate BlockDescent<T, P>::certificate(double lambda) const {
  Sums sums;
  sums.residual = residual();
  const int size = penalty_.size();
  T largest = 0;
  for (std::size_t b = 0; b < groups_.size(); ++b) {
    const std::int32_t g = groups_[b];
    const T* c = c_.data() + b * static_cast<std::size_t>(size);
    const T* z = z_.data() + b * static_cast<std::size_t>(size);
    largest = std::max(largest, penalty_.squared_dual(g, c));
    sums.add(penalty_, g, z, c, steps_.curvature[static_cast<std::size_t>(g)]);
  }
  sums.squared_dual = largest;
  return certify(sums, lambda, P::positive);
}

template <class T, Penalty P>
bool BlockDescent<T, P>::newton(double lambda) {
  const int size = penalty_.size();
  free_.clear();
  for (int first = 0; first < n_; first += size) {
    const T* z = z_.data() + first;
    if (std::all_of(z, z + size, [](T x) { return x == 0; })) continue;
    for (int i = 0; i < size; ++i)
      if (!P::positive || z[i] != 0) free_.push_back(first + i);
  }
  const auto count = static_cast<int>(free_.size());
  if (count == 0) return false;

  hessian_.resize(count, count);
  direction_.resize(free_.size());
  for (int j = 0; j < count; ++j) {
    const T* column = gram(free_[static_cast<std::size_t>(j)]);
    T* to = hessian_.column(j).data();
    for (int i = j; i < count; ++i) to[i] = column[free_[static_cast<std::size_t>(i)]];
  }
  for (int j = 0; j < count;) {
    const int block = free_[static_cast<std::size_t>(j)] / size, first = block * size;
    const std::int32_t g = groups_[static_cast<std::size_t>(block)];
    const T* z = z_.data() + first;
    double norm = 0;
    for (int i = 0; i < size; ++i) norm += static_cast<double>(z[i]) * z[i];
    norm = std::sqrt(norm);
    const double bound = lambda * penalty_.weight(g);
    int end = j;
    while (end < count && free_[static_cast<std::size_t>(end)] < first + size) ++end;
    for (int a = j; a < end; ++a) {
      const auto ka = static_cast<std::size_t>(free_[static_cast<std::size_t>(a)]);
      const double na = z_[ka] / norm;
      direction_[static_cast<std::size_t>(a)] = static_cast<T>(c_[ka] - bound * na);
      if constexpr (P::static_size != 1)
        for (int b = a; b < end; ++b) {
          const double nb = z_[static_cast<std::size_t>(free_[static_cast<std::size_t>(b)])] / norm;
          hessian_(b, a) += static_cast<T>(bound / norm * ((a == b) - na * nb));
        }
    }
    j = end;
  }
  constexpr double least_pivot = std::is_same_v<T, float> ? 1e-6 : 1e-12;
  if (!cholesky_factor(hessian_.view(), least_pivot)) return false;
  cholesky_solve(std::as_const(hessian_).view(), std::span<T>(direction_));

  for (T length : {T(1), T(0.5), T(0.25)}) {
    trial_ = z_;
    for (int j = 0; j < count; ++j)
      trial_[static_cast<std::size_t>(free_[static_cast<std::size_t>(j)])] +=
          length * direction_[static_cast<std::size_t>(j)];
    double change = 0;  // of the objective
    for (std::size_t b = 0; b < groups_.size(); ++b) {
      const T* z = z_.data() + b * static_cast<std::size_t>(size);
      T* x = trial_.data() + b * static_cast<std::size_t>(size);
      double product = 0;
      for (int i = 0; i < size; ++i) product += static_cast<double>(x[i]) * z[i];
      const bool penalized = penalty_.weight(groups_[b]) > 0;
      for (int i = 0; i < size; ++i) {
        if (penalized && !(product > 0)) x[i] = 0;
        if (P::positive) x[i] = std::max(x[i], T(0));
      }
      change += lambda * (penalty_.value(groups_[b], x) - penalty_.value(groups_[b], z));
    }
    moved_.assign(static_cast<std::size_t>(stride_), 0);
    for (std::int32_t i : free_) {
      const auto k = static_cast<std::size_t>(i);
      if (trial_[k] != z_[k]) axpy(stride_, trial_[k] - z_[k], gram(i), moved_.data());
    }
    for (std::int32_t i : free_) {
      const auto k = static_cast<std::size_t>(i);
      change += (static_cast<double>(trial_[k]) - z_[k]) * (0.5 * moved_[k] - c_[k]);
    }
    if (!(change < 0)) continue;
    z_.swap(trial_);
    for (int i = 0; i < stride_; ++i)
      c_[static_cast<std::size_t>(i)] -= moved_[static_cast<std::size_t>(i)];
    return true;
  }
  return false;
}

template <class T, Penalty P>
int BlockDescent<T, P>::descend(double lambda, double fraction, double target, int max_passes) {
  constexpr int between_checks = 3;
  int next_newton = 8, wait = 2;
  for (int pass = 1; pass <= max_passes; ++pass) {
    const Sweep moved = sweep(static_cast<T>(lambda));
    if (moved == Sweep::nothing_changed) return pass;
    if (pass % between_checks == 0 || pass >= next_newton) {
      const Certificate now = certificate(lambda);
      if (now.gap <= std::max(fraction * now.objective, target)) return pass;
    }
    if (pass >= next_newton && moved == Sweep::changed) {
      if (!newton(lambda)) wait *= 2;
      next_newton = pass + wait;
    }
  }
  return max_passes;
}

}  // namespace striate::detail
