// Problem    as omp.h: matching pursuit, which leaves the coefficients it has as they are
// Update     j = argmax |d_j'r| / |d_j|;  t = d_j'r / |d_j|^2;  z_j <- z_j + t;  r <- r - t d_j
// Symbols    y signal, D dictionary with columns d_j, z code, r residual
// Cost       D'y (2 m K flops) + K per step; atoms may return, so there are more steps than atoms
// Instead    omp: the best coefficients of the atoms it has, almost always the better choice
// Source     mallat1993
#pragma once

#include "striate/core/observer.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/solvers/pursuit.h"

namespace striate {

struct MpSettings {
  PerSignal nonzeros = {};
  PerSignal residual = {};
  int max_iterations = 10000;

  static void describe(auto& s, auto&& visit) {
    describe_pursuit(s, visit);
    visit(s.max_iterations, {.name = "max_iterations",
                             .range = at_least(1),
                             .unit = "iterations",
                             .sentence = "Steps per signal before giving up."});
  }
};

// Ends when the residual is reached, or before the step that would bring in one atom too many.
// `exhausted`: no atom is correlated with the residual. Zero atoms are never chosen; of equal atoms
// the first is. Signals with NaN or infinity get status `invalid` and an empty code. Error: shapes
// or settings that do not fit, neither nonzeros nor residual given.
template <class T>
Encoding<T> mp(const Dictionary<T>& dictionary, Signals<T> signals, const MpSettings& settings,
               const Run& run = {});

// The same with the last code of every number of atoms on the way.
template <class T>
PursuitPath<T> mp_path(const Dictionary<T>& dictionary, Signals<T> signals,
                       const MpSettings& settings, const Run& run = {});

}  // namespace striate
