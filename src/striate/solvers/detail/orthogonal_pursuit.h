// Problem    grow a code atom by atom, all coefficients refitted after each
// Update     with the chosen atoms orthonormalised to q_l and V_l = D'q_l, from c = D'y, E = |y|^2:
//              j = the best atom by the rule;  p = |d_j|^2 - sum_l V_l[j]^2;  rho = sqrt(p)
//              V = (D'd_j - sum_l V_l[j] V_l) / rho;  a = c_j / rho
//              c <- c - a V;  E <- E - a^2
//            at the end R z = a, where d_j = sum_l R[l,k] q_l, R[l,k] = V_l[j], R[k,k] = rho; one
//            step of refinement, R'R dz = D_A'(y - D z), makes up for rounding where it matters
// Cost       D'y (2 m K flops) + K nonzeros^2
// Source     rubinstein2008; sturm2012
#pragma once

#include "striate/solvers/detail/pursuit.h"

namespace striate::detail {

enum class AtomRule {
  correlation,             // largest |c_j|
  normalized_correlation,  // largest |c_j| / |d_j|
  refit,                   // least |y - D z| after the refit: largest c_j^2 / p_j
};

template <class T>
Encoding<T> pursue_orthogonally(const Dictionary<T>& dictionary, MatrixView<const T> signals,
                                const PursuitProblem& problem, AtomRule rule, PursuitPath<T>* path,
                                const Run& run);

}  // namespace striate::detail
