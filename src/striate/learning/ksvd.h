// Problem    min_D,Z  |Y - D Z|^2, Z as sparse as the coder makes it       |d_k| = 1
// Update     code all signals: Z, R = Y - D Z, then for k = 1 .. K, with the signals I that use d_k
//            and E = R_I + d_k z_kI:
//            approximate  d_k = E z_kI' / |.|,  z_kI = d_k'E,  `alternations` times
//            exact        d_k, z_kI: the leading singular pair of E
//            R_I = E - d_k z_kI
// Symbols    E is never formed by the approximate rule: E z' = R_I z' + d_k |z|^2. Where codes are
//            positive, z_kI is (d_k'E)+
// Cost       coding + 8 m per nonzero (approximate); exact: m^2 per nonzero and an eigenproblem of
//            size m per atom. The residuals of all signals stay in memory
// Instead    mod: all atoms at once; batch, online: they respect a penalty on the codes, which the
//            update of the coefficients here does not see
// Source     aharon2006; rubinstein2008 (approximate)
#pragma once

#include "striate/learning/batch.h"

namespace striate {

template <class T>
class KsvdLearner : public BatchLearner<T> {
 public:
  using BatchLearner<T>::BatchLearner;

 protected:
  void improve(const SignalSource<T>& source, const Run& run) override;
};

namespace detail {
// The update of all atoms in turn, given R; same bits for any number of threads.
template <class T>
void ksvd_update(const KsvdSettings& settings, bool positive, Matrix<T>& residuals,
                 SparseCodes<T>& codes, Matrix<T>& atoms, const Run& run);
}  // namespace detail

}  // namespace striate
