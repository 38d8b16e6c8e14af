// Problem    as batch.h, without mu: the method of optimal directions
// Update     code all signals, then D = B (A + eps I)^-1, A = Z Z' / n, B = Y Z' / n: the least
//            squares fit of all atoms at once. Atoms back to unit norm, codes times the norms
// Symbols    eps = ridge * mean A_kk; ten times as much where the factor fails. Atoms that no
//            signal uses stay
// Cost       coding + n nonzeros^2 + K^3/3 + 2 m K^2
// Instead    ksvd: changes the coefficients along with the atoms; batch: no factor, never rises
// Source     engan1999
#pragma once

#include <span>
#include <vector>

#include "striate/learning/batch.h"

namespace striate {

template <class T>
class ModLearner : public BatchLearner<T> {
 public:
  using BatchLearner<T>::BatchLearner;

 protected:
  void improve(const SignalSource<T>& source, const Run& run) override;
};

namespace detail {
// The update given A and B; returns the norms that the atoms were divided by.
template <class T>
std::vector<double> mod_update(double ridge, const Matrix<T>& a, const Matrix<T>& b,
                               Matrix<T>& atoms);
}  // namespace detail

}  // namespace striate
