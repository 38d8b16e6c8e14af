// Problem    min_D  mean of min_z 1/2 |y - D z|^2 + lambda sum_p |z_p|
//                   + mu * sum_p sum_ij |D_p'D_p - I|_ij             |d_k| = 1
// Update     code a batch Y of q signals: Z, R = Y - D Z, then
//            plain      D <- D + eta (R Z' / q - mu * dP/dD)
//            curvature  d_k <- d_k + eta / h_k (R Z' / q)_k           h_k decayed mean of z_k^2
//                       d_i <- d_i - sum_j clip(d_i'd_j / 2, +-2 mu eta / h) d_j   within a group
//            d_k <- d_k / |d_k|, or the length that homeostasis.h keeps
// Symbols    paper Phi, s, I -> here D, z, y. dP/dd_i = sum_j 2 sign(D_p'D_p - I)_ij d_j, j in p.
//            The clip is the same force as plain's, held back from overshooting orthogonality.
//            A plain eta that moves atoms as curvature's does is step_size / mean z^2.
// Cost       coding + 2 m nonzeros per signal
// Instead    online: remembers all batches, needs no step size
// Source     zhao2025, equation 2; olshausen1996
#pragma once

#include "striate/learning/atom_update.h"
#include "striate/learning/atom_use.h"
#include "striate/learning/homeostasis.h"
#include "striate/learning/learner.h"

namespace striate {

template <class T>
class GradientLearner : public Learner<T> {
 public:
  GradientLearner(const LearnSettings& settings, MatrixView<const T> initial);

  StepInfo step(Signals<T> batch, const Run& run = {}) override;
  const Matrix<T>& atoms() const override { return atoms_; }
  int group_size() const override { return settings_.group_size_in_force(); }
  std::int64_t steps() const override { return steps_; }
  std::int64_t atoms_in_use() const override { return use_.in_use(); }
  Archive save() const override;
  void restore(const Archive& archive) override;

 private:
  void descend(const Matrix<T>& ascent, const Run& run);

  LearnSettings settings_;
  Matrix<T> atoms_, change_;       // change_: the last step, for momentum
  std::vector<double> curvature_;  // h_k, not yet divided by curvature_weight_
  std::vector<double> curvature_weight_;
  AtomUse use_;
  Homeostasis homeostasis_;
  std::int64_t steps_ = 0;
};

// sum_p sum_ij |D_p'D_p - I|_ij, entrywise, every entry once.
template <class T>
double orthogonality(const Matrix<T>& atoms, int group_size);
// Its gradient (m x K); sign(0) = 0.
template <class T>
Matrix<T> orthogonality_gradient(const Matrix<T>& atoms, int group_size);
// The gradient in D (m x K) of the mean over the signals of 1/2 |y - D z|^2: -R Z' / q.
template <class T>
Matrix<T> fit_gradient(const Matrix<T>& atoms, Signals<T> signals, const SparseCodes<T>& codes,
                       const Run& run = {});

}  // namespace striate
