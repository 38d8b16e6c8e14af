// Problem    the penalised problem restricted to a few groups, everything else fixed at zero:
//            min_x  1/2 x'G x - c'x + lambda Omega(z + x)          G = D_A'D_A, c = D_A'(y - D z)
// Update     block coordinate descent: z_g <- prox(z_g + c_g / L_g, lambda / L_g), exact for single
//            atoms and orthogonal groups, repeated on other groups; c -= G[:,g] (change of z_g).
//            Where that is slow, Newton's method on the coefficients in use:
//            (G_FF + lambda Omega''(z)) x = c_F - lambda Omega'(z), with coefficients that would
//            change sign (groups that would turn round) cut to zero, taken if the objective falls.
//            For single atoms this is the exact solution at the present signs.
// Cost       a pass: changed coefficients * size; Newton: nonzeros^3 / 3
// Source     friedman2010 (coordinate descent); lee2006 (sign search)
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "striate/linalg/cholesky.h"
#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"
#include "striate/solvers/detail/penalized_problem.h"

namespace striate::detail {

// Per group of a dictionary, what a block step needs.
template <class T>
struct BlockSteps {
  std::vector<T> curvature;          // L_g >= largest eigenvalue of D_g'D_g; 0: zero atoms
  std::vector<std::int8_t> repeats;  // gradient steps that make a block step almost exact

  BlockSteps(const Dictionary<T>& dictionary, int size);
};

template <class T, Penalty P>
class SubProblem {
 public:
  // The problem on `groups`, which must outlive it: z, the first groups' values (the rest is zero),
  // `correlations` of all atoms, |y - D z|^2. The Gram matrix is gathered from the dictionary's, or
  // formed from the atoms.
  void load(const Dictionary<T>& dictionary, bool use_gram, const BlockSteps<T>& steps,
            const P& penalty, std::span<const std::int32_t> groups, std::span<const T> z,
            const T* correlations, double residual);

  // Descends until the gap of this problem is at most max(fraction * objective, target); returns
  // the number of passes, at most max_passes.
  int descend(double lambda, double fraction, double target, int max_passes);

  std::span<const T> z() const { return {z_.data(), static_cast<std::size_t>(n_)}; }

 private:
  enum class Sweep { nothing_changed, changed, support_changed };
  Sweep sweep(T lambda);
  bool newton(double lambda);
  Certificate certificate(double lambda) const;
  T* gram(int column) { return gram_.data() + static_cast<std::ptrdiff_t>(column) * stride_; }
  void move(int coefficient, T change) { axpy(stride_, -change, gram(coefficient), c_.data()); }

  const P* penalty_ = nullptr;
  const BlockSteps<T>* steps_ = nullptr;
  std::span<const std::int32_t> groups_;
  int n_ = 0;       // coefficients
  int stride_ = 0;  // n_ rounded up, the rest is zero
  double residual_ = 0;
  AlignedVector<T> gram_, z_, c_, start_z_, start_c_;
  std::vector<T> block_;  // a block step's new z_g and the correlations left
  std::vector<std::int32_t> atoms_;
  Matrix<T> picked_;
  // Newton
  std::vector<std::int32_t> free_;
  Matrix<T> hessian_;
  std::vector<T> direction_;
  AlignedVector<T> trial_, moved_;
};

template <class T>
BlockSteps<T>::BlockSteps(const Dictionary<T>& dictionary, int size) {
  const std::int64_t groups = dictionary.atoms() / size;
  curvature.resize(static_cast<std::size_t>(groups));
  repeats.resize(static_cast<std::size_t>(groups), 1);
  for (std::int64_t g = 0; g < groups; ++g) {
    // Gershgorin: every eigenvalue is within a row's off-diagonal sum of its diagonal element.
    double largest = 0, smallest = std::numeric_limits<double>::infinity();
    for (int i = 0; i < size; ++i) {
      const double norm = dictionary.squared_norms()[static_cast<std::size_t>(g * size + i)];
      double others = 0;
      for (int j = 0; j < size; ++j)
        if (j != i)
          others += std::abs(dot<double>(dictionary.rows(), dictionary.atom(g * size + i).data(),
                                         dictionary.atom(g * size + j).data()));
      largest = std::max(largest, norm + others);
      smallest = std::min(smallest, norm - others);
    }
    curvature[static_cast<std::size_t>(g)] = static_cast<T>(largest);
    // The error of a block step shrinks by 1 - smallest / largest each time.
    if (smallest < 0.98 * largest)
      repeats[static_cast<std::size_t>(g)] = smallest > 0.5 * largest ? 3 : 8;
  }
}

template <class T, Penalty P>
void SubProblem<T, P>::load(const Dictionary<T>& dictionary, bool use_gram,
                            const BlockSteps<T>& steps, const P& penalty,
                            std::span<const std::int32_t> groups, std::span<const T> z,
                            const T* correlations, double residual) {
  const int size = penalty.size();
  penalty_ = &penalty;
  steps_ = &steps;
  groups_ = groups;
  n_ = static_cast<int>(groups.size()) * size;
  stride_ = (n_ + 15) / 16 * 16;
  residual_ = residual;

  atoms_.clear();
  for (std::int32_t g : groups)
    for (int i = 0; i < size; ++i) atoms_.push_back(g * size + i);
  const auto length = static_cast<std::size_t>(stride_);
  z_.assign(length, 0);
  std::ranges::copy(z, z_.begin());
  c_.assign(length, 0);
  for (int i = 0; i < n_; ++i)
    c_[static_cast<std::size_t>(i)] = correlations[atoms_[static_cast<std::size_t>(i)]];
  start_z_ = z_;
  start_c_ = c_;

  block_.resize(2 * static_cast<std::size_t>(size));
  if (gram_.size() < length * length) gram_.resize(length * length);
  if (use_gram) {
    const MatrixView<const T> all = dictionary.gram();
    for (int j = 0; j < n_; ++j) {
      const T* from = all.data + atoms_[static_cast<std::size_t>(j)] * all.stride;
      T* to = gram(j);
      for (int i = 0; i < n_; ++i) to[i] = from[atoms_[static_cast<std::size_t>(i)]];
    }
  } else {
    picked_.resize(dictionary.rows(), n_);
    for (int j = 0; j < n_; ++j)
      std::ranges::copy(dictionary.atom(atoms_[static_cast<std::size_t>(j)]),
                        picked_.column(j).begin());
    const MatrixView<const T> d = std::as_const(picked_).view();
    multiply_transposed(d, d, MatrixView<T>(gram_.data(), n_, n_, stride_));
  }
  for (int j = 0; j < n_; ++j) std::fill(gram(j) + n_, gram(j) + stride_, T(0));
}

template <class T, Penalty P>
auto SubProblem<T, P>::sweep(T lambda) -> Sweep {
  Sweep result = Sweep::nothing_changed;
  const int size = penalty_->size();
  for (std::size_t b = 0; b < groups_.size(); ++b) {
    const std::int32_t g = groups_[b];
    const int first = static_cast<int>(b) * size;
    const T curvature = steps_->curvature[static_cast<std::size_t>(g)];
    if (!(curvature > 0)) continue;
    const T step = 1 / curvature, threshold = lambda * step;
    T* z = z_.data() + first;
    const T* c = c_.data() + first;
    if constexpr (P::static_size == 1) {
      T x = z[0] + step * c[0];
      const bool kept = penalty_->prox(g, threshold, &x);
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
      kept = penalty_->prox(g, threshold, x);
      if (!kept && !was) continue;
      for (int repeat = 1; repeat < steps_->repeats[static_cast<std::size_t>(g)]; ++repeat) {
        for (int i = 0; i < size; ++i) {
          rest[i] = c[i];
          for (int j = 0; j < size; ++j) rest[i] -= gram(first + i)[first + j] * (x[j] - z[j]);
        }
        for (int i = 0; i < size; ++i) x[i] += step * rest[i];
        kept = penalty_->prox(g, threshold, x);
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
Certificate SubProblem<T, P>::certificate(double lambda) const {
  Sums sums;
  // |r|^2 after z moved by x from where it was known: |r|^2 - 2 c'x + x'G x, and G x is the change
  // of c.
  sums.residual = residual_;
  for (int i = 0; i < n_; ++i) {
    const auto k = static_cast<std::size_t>(i);
    sums.residual -=
        (static_cast<double>(z_[k]) - start_z_[k]) * (static_cast<double>(start_c_[k]) + c_[k]);
  }
  sums.residual = std::max(sums.residual, 0.0);
  const int size = penalty_->size();
  T largest = 0;
  for (std::size_t b = 0; b < groups_.size(); ++b) {
    const std::int32_t g = groups_[b];
    const T* c = c_.data() + b * static_cast<std::size_t>(size);
    const T* z = z_.data() + b * static_cast<std::size_t>(size);
    largest = std::max(largest, penalty_->squared_dual(g, c));
    sums.add(*penalty_, g, z, c, steps_->curvature[static_cast<std::size_t>(g)]);
  }
  sums.squared_dual = largest;
  return certify(sums, lambda, P::positive);
}

template <class T, Penalty P>
bool SubProblem<T, P>::newton(double lambda) {
  const int size = penalty_->size();
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
    const double bound = lambda * penalty_->weight(g);
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
      const bool penalized = penalty_->weight(groups_[b]) > 0;
      for (int i = 0; i < size; ++i) {
        if (penalized && !(product > 0)) x[i] = 0;
        if (P::positive) x[i] = std::max(x[i], T(0));
      }
      change += lambda * (penalty_->value(groups_[b], x) - penalty_->value(groups_[b], z));
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
int SubProblem<T, P>::descend(double lambda, double fraction, double target, int max_passes) {
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
