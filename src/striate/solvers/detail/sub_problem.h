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

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "striate/dictionaries/dictionary.h"
#include "striate/solvers/detail/penalized_problem.h"

namespace striate::detail {

// Per group of a dictionary, what a block step needs.
template <class T>
struct BlockSteps {
  std::vector<T> curvature;          // L_g >= largest eigenvalue of D_g'D_g; 0: zero atoms
  std::vector<std::int8_t> repeats;  // gradient steps that make a block step almost exact

  BlockSteps(const Dictionary<T>& dictionary, int size);
};

template <class T>
class SubProblem {
 public:
  explicit SubProblem(const BlockSteps<T>& steps) : steps_(steps) {}
  virtual ~SubProblem() = default;
  // The problem on `groups`, which must outlive it: z, the first groups' values (the rest is zero),
  // `correlations` of all atoms, |y - D z|^2. The Gram matrix is gathered from the dictionary's, or
  // formed from the atoms.
  void load(const Dictionary<T>& dictionary, bool use_gram, int size,
            std::span<const std::int32_t> groups, std::span<const T> z, const T* correlations,
            double residual);
  // Descends until the gap of this problem is at most max(fraction * objective, target); returns
  // the number of passes, at most max_passes.
  virtual int descend(double lambda, double fraction, double target, int max_passes) = 0;
  std::span<const T> z() const { return {z_.data(), static_cast<std::size_t>(n_)}; }

 protected:
  T* gram(int column) { return gram_.data() + static_cast<std::ptrdiff_t>(column) * stride_; }
  // |y - D z|^2 now.
  double residual() const;

  const BlockSteps<T>& steps_;
  std::span<const std::int32_t> groups_;
  int n_ = 0;       // coefficients
  int stride_ = 0;  // n_ rounded up to whole vectors; what is beyond n_ is zero
  AlignedVector<T> gram_, z_, c_;

 private:
  double start_residual_ = 0;
  AlignedVector<T> start_z_, start_c_;
  std::vector<std::int32_t> atoms_;
  Matrix<T> picked_;
};

// For the problem's penalty; `steps` must outlive it.
template <class T>
std::unique_ptr<SubProblem<T>> make_sub_problem(const PenalizedProblem& problem,
                                                const BlockSteps<T>& steps);

}  // namespace striate::detail
