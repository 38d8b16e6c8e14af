// Problem    min_D  mean of min_z 1/2 |y - D z|^2 + lambda Omega(z)
//                   + mu * sum over pairs of 2 |d1'd2|              |d_k| = 1
// Update     code all n signals of the source: Z, then A = Z Z' / n, B = Y Z' / n and passes of
//            block-coordinate descent over the atoms, as online does them
// Symbols    as online.h; nothing is remembered of earlier codes but where the next coding begins
// Cost       coding + n nonzeros^2 + 2 m K^2 per pass; the codes of all signals stay in memory
// Instead    online: many updates per epoch, far faster on large sources. Here the cost over the
//            source never rises, if coding is exact and no atom is replaced
// Source     mairal2010; olshausen1996
#pragma once

#include <string_view>

#include "striate/learning/atom_update.h"
#include "striate/learning/atom_use.h"
#include "striate/learning/learner.h"

namespace striate {

// Also what mod and ksvd are built on: they differ in improve().
template <class T>
class BatchLearner : public Learner<T> {
 public:
  BatchLearner(const LearnSettings& settings, MatrixView<const T> initial);

  StepInfo step(Signals<T> batch, const Run& run = {}) override;
  StepInfo step(const SignalSource<T>& source, const Run& run) override;
  const Matrix<T>& atoms() const override { return atoms_; }
  int group_size() const override { return settings_.group_size_in_force(); }
  std::int64_t steps() const override { return steps_; }
  std::int64_t atoms_in_use() const override { return use_.in_use(); }
  Archive save() const override;
  void restore(const Archive& archive) override;

 protected:
  // Betters atoms_, and codes_ with them, given the codes of all signals.
  virtual void improve(const SignalSource<T>& source, const Run& run);
  // A and B of the source with the codes, divided by the number of signals.
  void add_up(const SignalSource<T>& source, Matrix<T>& a, Matrix<T>& b, const Run& run) const;

  LearnSettings settings_;
  Matrix<T> atoms_;
  SparseCodes<T> codes_;  // of the last step, with the atoms after it

 private:
  std::string_view name() const;
  bool warm(std::int64_t signals) const;

  AtomUse use_;
  std::int64_t steps_ = 0;
};

namespace detail {
// f(first, signals) for the source block by block, in order.
template <class T, class F>
void for_each_block(const SignalSource<T>& source, const F& f) {
  constexpr std::int64_t block = 4096;
  Matrix<T> signals;
  for (std::int64_t first = 0; first < source.size(); first += block) {
    signals.resize(source.dimension(), std::min(block, source.size() - first));
    source.read(first, signals);
    f(first, signals.view());
  }
}
}  // namespace detail

}  // namespace striate
