// The body of sub_problem.h for one penalty.
#pragma once

#include <algorithm>
#include <cmath>

#include "striate/linalg/cholesky.h"
#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"
#include "striate/penalties/any_penalty.h"
#include "striate/solvers/detail/sub_problem.h"

namespace striate::detail {

template <class T, Penalty P>
class BlockDescent final : public SubProblem<T> {
 public:
  BlockDescent(const Dictionary<T>& dictionary, const BlockSteps<T>& steps, P penalty)
      : SubProblem<T>(dictionary, steps, penalty.size()), penalty_(std::move(penalty)) {
    block_.resize(2 * static_cast<std::size_t>(penalty_.size()));
  }
  int iterate(double lambda, double fraction, double target, int max_passes) override;

 private:
  enum class Sweep { nothing_changed, changed, support_changed };
  Sweep sweep(T lambda);
  bool newton(double lambda);
  Certificate certificate(double lambda) const;
  bool repeat_step(std::int32_t g, int first, T curvature, T lambda, T* x);
  bool move_to(int first, const T* x);
  // A part of the penalty that is not smooth at zeros within a group in use.
  static constexpr bool l1_part = requires(const P& p) { p.l1_weight(); };
  T norm_weight(std::int32_t g) const {
    if constexpr (l1_part) return penalty_.norm_weight(g);
    else return penalty_.weight(g);
  }

  const P penalty_;
  using SubProblem<T>::steps_, SubProblem<T>::groups_, SubProblem<T>::n_, SubProblem<T>::width_,
      SubProblem<T>::z_, SubProblem<T>::c_, SubProblem<T>::gram, SubProblem<T>::residual;

  std::vector<T> block_;  // a block step's new z_g and the correlations left
  // Newton
  std::vector<std::int32_t> free_;
  Matrix<T> hessian_;
  std::vector<T> direction_;
  AlignedVector<T> trial_, moved_;
};

// One block step for every group.
template <class T, Penalty P>
auto BlockDescent<T, P>::sweep(T lambda) -> Sweep {
  Sweep result = Sweep::nothing_changed;
  const int size = penalty_.size();
  T* x = block_.data();
  for (std::size_t b = 0; b < groups_.size(); ++b) {
    const std::int32_t g = groups_[b];
    const int first = static_cast<int>(b) * size;
    const T curvature = steps_.curvature[static_cast<std::size_t>(g)];
    const T *z = z_.data() + first, *c = c_.data() + first;
    bool used = false;
    for (int i = 0; i < size; ++i) used = used || z[i] != 0;
    if (!(curvature > 0)) continue;
    if (!used && penalty_.weight(g) > 0 && penalty_.squared_dual(g, c) <= lambda * lambda) continue;

    for (int i = 0; i < size; ++i) x[i] = z[i] + c[i] / curvature;
    bool kept = penalty_.prox(g, lambda / curvature, x);
    if constexpr (P::static_size != 1)
      for (int repeat = 1; repeat < steps_.repeats[static_cast<std::size_t>(g)]; ++repeat)
        kept = repeat_step(g, first, curvature, lambda, x);
    if (!move_to(first, x)) continue;
    if (kept != used) result = Sweep::support_changed;
    else if (result == Sweep::nothing_changed) result = Sweep::changed;
  }
  return result;
}

// Another gradient step within the group, from x, the other groups as they are.
template <class T, Penalty P>
bool BlockDescent<T, P>::repeat_step(std::int32_t g, int first, T curvature, T lambda, T* x) {
  const int size = penalty_.size();
  const T *z = z_.data() + first, *c = c_.data() + first;
  T* rest = x + size;
  for (int i = 0; i < size; ++i) {
    rest[i] = c[i];
    for (int j = 0; j < size; ++j) rest[i] -= gram(first + i)[first + j] * (x[j] - z[j]);
  }
  for (int i = 0; i < size; ++i) x[i] += rest[i] / curvature;
  return penalty_.prox(g, lambda / curvature, x);
}

// z_g = x, and c follows; false if nothing changed.
template <class T, Penalty P>
bool BlockDescent<T, P>::move_to(int first, const T* x) {
  T* z = z_.data() + first;
  if constexpr (P::static_size == 2) {
    const T d0 = x[0] - z[0], d1 = x[1] - z[1];
    if (d0 == 0 && d1 == 0) return false;
    const T* __restrict g0 = gram(first), * __restrict g1 = gram(first + 1);
    T* __restrict c = c_.data();
    for (int i = 0; i < width_; ++i) c[i] -= d0 * g0[i] + d1 * g1[i];
    z[0] = x[0];
    z[1] = x[1];
    return true;
  } else {
    bool changed = false;
    for (int i = 0; i < penalty_.size(); ++i) {
      const T change = x[i] - z[i];
      if (change == 0) continue;
      axpy(width_, -change, gram(first + i), c_.data());
      z[i] = x[i];
      changed = true;
    }
    return changed;
  }
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
      if ((!P::positive && !l1_part) || z[i] != 0) free_.push_back(first + i);
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
    const double bound = lambda * norm_weight(g);
    int end = j;
    while (end < count && free_[static_cast<std::size_t>(end)] < first + size) ++end;
    for (int a = j; a < end; ++a) {
      const auto ka = static_cast<std::size_t>(free_[static_cast<std::size_t>(a)]);
      const double na = z_[ka] / norm;
      double slope = bound * na;
      if constexpr (l1_part)
        slope += std::copysign(lambda * penalty_.l1_weight(), static_cast<double>(z_[ka]));
      direction_[static_cast<std::size_t>(a)] = static_cast<T>(c_[ka] - slope);
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
        if (l1_part && !(x[i] * z[i] > 0)) x[i] = 0;
      }
      change += lambda * (penalty_.value(groups_[b], x) - penalty_.value(groups_[b], z));
    }
    moved_.assign(static_cast<std::size_t>(width_), 0);
    for (std::int32_t i : free_) {
      const auto k = static_cast<std::size_t>(i);
      if (trial_[k] != z_[k]) axpy(width_, trial_[k] - z_[k], gram(i), moved_.data());
    }
    for (std::int32_t i : free_) {
      const auto k = static_cast<std::size_t>(i);
      change += (static_cast<double>(trial_[k]) - z_[k]) * (0.5 * moved_[k] - c_[k]);
    }
    if (!(change < 0)) continue;
    z_.swap(trial_);
    for (int i = 0; i < width_; ++i)
      c_[static_cast<std::size_t>(i)] -= moved_[static_cast<std::size_t>(i)];
    return true;
  }
  return false;
}

template <class T, Penalty P>
int BlockDescent<T, P>::iterate(double lambda, double fraction, double target, int max_passes) {
  // A Newton step costs some thirty passes; it is for where that many were not enough.
  constexpr int between_checks = 3, first_newton = 8;
  int next_newton = first_newton, wait = 12;
  for (int pass = 1; pass <= max_passes; ++pass) {
    const Sweep moved = sweep(static_cast<T>(lambda));
    if (moved == Sweep::nothing_changed) return pass;
    if (pass % between_checks == 0) {
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

template <class T>
std::unique_ptr<SubProblem<T>> make_sub_problem(const Dictionary<T>& dictionary,
                                                const PenalizedProblem& problem,
                                                const BlockSteps<T>& steps) {
  return visit_penalty<T>(problem.group_size, problem.weights, problem.positive, problem.l1_share,
                          [&]<Penalty P>(P&& penalty) -> std::unique_ptr<SubProblem<T>> {
                            return std::make_unique<BlockDescent<T, P>>(dictionary, steps,
                                                                        std::move(penalty));
                          });
}

}  // namespace striate::detail
