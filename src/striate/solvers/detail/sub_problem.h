// Problem    the penalised problem restricted to a few groups, everything else
// fixed at zero:
//            min_x  1/2 x'G x - c'x + lambda Omega(z + x)          G = D_A'D_A,
//            c = D_A'(y - D z)
// Update     block coordinate descent: z_g <- prox(z_g + c_g / L_g, lambda /
// L_g), exact for single
//            atoms and orthogonal groups, repeated on other groups; c -= G[:,g]
//            (change of z_g). Where that is slow, Newton's method on the
//            coefficients in use: (G_FF + lambda Omega''(z)) x = c_F - lambda
//            Omega'(z), with coefficients that would change sign (groups that
//            would turn round) cut to zero, taken if the objective falls. For
//            single atoms this is the exact solution at the present signs.
// Cost       a pass: changed coefficients * size; Newton: nonzeros^3 / 3
// With an l2 part, G is D_A'D_A + l2 I and c is c - l2 z: the problem of [y; 0] and [D; sqrt(l2) I].
// Source     friedman2010 (coordinate descent); lee2006 (sign search)
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "striate/dictionaries/dictionary.h"
#include "striate/solvers/detail/penalized_problem.h"

namespace striate::detail {

// What a block step needs, per group of a dictionary.
template <class T>
struct BlockSteps {
  std::vector<T> curvature;          // L_g >= largest eigenvalue of D_g'D_g; 0: zero atoms
  std::vector<std::int8_t> repeats;  // gradient steps that make a block step almost exact
  T l2;                              // on the Gram matrix's diagonal, in L_g already

  BlockSteps(const Dictionary<T>& dictionary, int size, double l2 = 0);
};

template <class T>
class SubProblem {
 public:
  SubProblem(const Dictionary<T>& dictionary, const BlockSteps<T>& steps, int size)
      : size_(size), steps_(steps), dictionary_(dictionary) {}
  virtual ~SubProblem() = default;

  void clear();                     // no groups
  void let_in(std::int32_t group);  // not there yet; z_g = 0
  std::span<const std::int32_t> groups() const { return groups_; }
  std::span<T> z() { return {z_.data(), groups_.size() * static_cast<std::size_t>(size_)}; }

  // Descends from z, where all atoms' `correlations` are D'(y - D z) and
  // `residual` is |y - D z|^2, until the gap of this problem is at most
  // max(fraction * objective, target). Returns the number of passes, at most
  // max_passes.
  int descend(const T* correlations, double residual, double lambda, double fraction, double target,
              int max_passes);
  // After descend: |y - D z|^2 now, carried along.
  double residual() const;
  // After descend: takes the change of z out of all atoms' correlations, so that these are
  // D'(y - D z) again; needs the Gram matrix.
  void carry(T* correlations);

 protected:
  virtual int iterate(double lambda, double fraction, double target, int max_passes) = 0;
  T* gram(int column) { return gram_.data() + static_cast<std::ptrdiff_t>(column) * stride_; }

  const int size_;
  const BlockSteps<T>& steps_;
  std::vector<std::int32_t> groups_;
  int n_ = 0;      // coefficients
  int width_ = 0;  // n_ rounded up to whole vectors; columns are zero beyond n_
  AlignedVector<T> z_, c_;

 private:
  void gather();

  const Dictionary<T>& dictionary_;
  AlignedVector<T> gram_;
  int stride_ = 0, gathered_ = 0;  // rows per column; columns that are there
  double start_residual_ = 0;
  AlignedVector<T> start_z_, start_c_;
  std::vector<T> changes_;  // of z, and the Gram matrix's columns
  std::vector<const T*> columns_;
  std::vector<std::int32_t> atoms_;
  Matrix<T> picked_, products_;
};

// For the problem's penalty. Dictionary and steps must outlive it.
template <class T>
std::unique_ptr<SubProblem<T>> make_sub_problem(const Dictionary<T>& dictionary,
                                                const PenalizedProblem& problem,
                                                const BlockSteps<T>& steps);

}  // namespace striate::detail
