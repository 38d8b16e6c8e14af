// Problem    as omp.h: orthogonal least squares, also called ORMP; what SPAMS calls omp
// Update     j = argmin_j min_x |y - D_{A + j} x|^2, the atom whose refit leaves least;
//            A <- A + {j};  z_A = argmin |y - D_A z_A|
// Symbols    y signal, D dictionary, z code, A chosen atoms
// Cost       D'y (2 m K flops) + K nonzeros^2, with a division per atom and step
// Instead    omp: cheaper steps; lasso: convex, with a certificate
// Source     chen1989; rebollo2002; blumensath2007
#pragma once

#include "striate/core/observer.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/solvers/pursuit.h"

namespace striate {

struct OlsSettings {
  PerSignal nonzeros = {};
  PerSignal residual = {};
  PerSignal atom_penalty = {};

  static void describe(auto& s, auto&& visit) {
    describe_pursuit(s, visit);
    describe_atom_penalty(s, visit);
  }
};

// Ends, and refuses, as omp does. Norms of atoms make no difference.
template <class T>
Encoding<T> ols(const Dictionary<T>& dictionary, Signals<T> signals, const OlsSettings& settings,
                const Run& run = {});

// The same with the codes of every number of atoms on the way.
template <class T>
PursuitPath<T> ols_path(const Dictionary<T>& dictionary, Signals<T> signals,
                        const OlsSettings& settings, const Run& run = {});

}  // namespace striate
