// Problem    min_D  mean of min_z 1/2 |y - D z|^2 + lambda Omega(z)
//                   + mu * sum over pairs of 2 |d1'd2|              |d_k| = 1
// Update     code a batch Y of q signals: Z, then
//            A <- beta A + Z Z' / q,   B <- beta B + Y Z' / q,   w <- beta w + 1
//            for each atom k, in an order drawn anew for every pass (block-coordinate descent, the
//            exact minimiser over d_k):
//              g <- B_k - D A_k + A_kk d_k
//              g <- g - clip(g'e, -2 mu w, 2 mu w) e               e the other atom of the pair
//              d_k <- g / |g|
//            In a fixed order the atoms that come first would always bear the noise of codes that
//            were made with older atoms.
// Symbols    beta at batch t = 1, 2, ..., by schedule:
//              power     (1 - 1/t)^forgetting, so batch i weighs (i/t)^forgetting
//              signals   (th + 1 - q) / (th + 1),  th = t q if t < q, else q^2 + t - q
//              constant  decay
//            A = a I and B = a D before the first batch, a = warm_statistics
// Cost       coding + K nonzeros^2 (A) + 2 m K^2 per pass, as one matrix product per block of atoms
// Instead    gradient: the memory paper's rule, no K x K statistics, mu for groups of any size
// Source     mairal2010
#pragma once

#include <utility>

#include "striate/learning/atom_update.h"
#include "striate/learning/atom_use.h"
#include "striate/learning/learner.h"

namespace striate {

template <class T>
class OnlineLearner : public Learner<T> {
 public:
  OnlineLearner(const LearnSettings& settings, MatrixView<const T> initial);

  StepInfo step(Signals<T> batch, const Run& run = {}) override;
  const Matrix<T>& atoms() const override { return atoms_; }
  int group_size() const override { return settings_.group_size_in_force(); }
  std::int64_t steps() const override { return steps_; }
  std::int64_t atoms_in_use() const override { return use_.in_use(); }
  Archive save() const override;
  void restore(const Archive& archive) override;

 private:
  std::pair<StepInfo, EncodeInfo> accumulate(const Dictionary<T>& dictionary,
                                             MatrixView<const T> batch, const Run& run);

  LearnSettings settings_;
  Matrix<T> atoms_, a_, b_;  // m x K, K x K, m x K
  double weight_ = 0;        // w
  AtomUse use_;
  std::int64_t steps_ = 0;
};

}  // namespace striate
