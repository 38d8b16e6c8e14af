// Problem    min_z  |y - D z|^2  with at most so many nonzeros;  or the fewest nonzeros with
//            |y - D z|^2 <= residual;  or min_z  1/2 |y - D z|^2 + atom_penalty * nonzeros:
//            orthogonal matching pursuit, a greedy answer to each of them
// Update     j = argmax |d_j'r|, or argmax |d_j'r| / |d_j| if normalized;  A <- A + {j};
//            z_A = argmin |y - D_A z_A|;  r = y - D z
// Symbols    y signal, D dictionary with columns d_j, z code, r residual, A chosen atoms
// Cost       D'y (2 m K flops) + K nonzeros^2
// Instead    ols: better fits at some more cost; mp: no refit; lasso: convex, with a certificate
// Source     pati1993; rubinstein2008
#pragma once

#include "striate/core/observer.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/solvers/pursuit.h"

namespace striate {

struct OmpSettings {
  PerSignal nonzeros = {};
  PerSignal residual = {};
  PerSignal atom_penalty = {};
  bool normalized = false;  // false: long atoms are preferred, as in scikit-learn

  static void describe(auto& s, auto&& visit) {
    describe_pursuit(s, visit);
    describe_atom_penalty(s, visit);
    visit(s.normalized, {.name = "normalized",
                         .sentence = "Choose atoms by the cosine with the residual, whatever "
                                     "their norms, not by the product."});
  }
};

// Ends with the first stopping rule that is met; `exhausted`: no atom is left that is independent
// of those chosen and correlated with the residual. Zero atoms are never chosen; of equal atoms the
// first is. Signals with NaN or infinity get status `invalid` and an empty code. Error: shapes or
// settings that do not fit, no stopping rule.
template <class T>
Encoding<T> omp(const Dictionary<T>& dictionary, Signals<T> signals, const OmpSettings& settings,
                const Run& run = {});

// The same with the codes of every number of atoms on the way.
template <class T>
PursuitPath<T> omp_path(const Dictionary<T>& dictionary, Signals<T> signals,
                        const OmpSettings& settings, const Run& run = {});

}  // namespace striate
