// Problem    min_z  1/2 |y - D z|^2   with at most k coefficients not zero      (z >= 0 if positive)
// Update     z <- H_k(z + eta D'(y - D z))        H_k keeps the k largest magnitudes, ties: lowest j
//            normalised  eta = |c_A|^2 / |D_A c_A|^2 on the support A of z; where the support would
//                        change, halved until eta <= 0.99 |dz|^2 / |D dz|^2
//            constant_step    eta = 1 / L                         L >= largest eigenvalue of D'D
// Symbols    y signal, D dictionary, z code, c = D'(y - D z), k nonzeros, dz the step
// Cost       2 m nonzeros + 2 m K flops per iteration, and some products D dz
// Instead    omp, ols: fewer products where k is small; lasso: a problem whose optimum is certain
// Source     blumensath2009; blumensath2010 (normalised)
#pragma once

#include "striate/core/observer.h"
#include "striate/core/settings.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/solvers/encoding.h"
#include "striate/solvers/penalized.h"

namespace striate {

struct IhtSettings {
  PerSignal nonzeros = {};
  bool constant_step = false;
  bool debias = false;
  double tolerance = 1e-4;
  int max_iterations = 10000;
  bool positive = false;

  static void describe(auto& s, auto&& visit) {
    visit(s.nonzeros, {.name = "nonzeros",
                       .range = at_least(0),
                       .unit = "atoms",
                       .sentence = "Coefficients that may differ from zero: one number, or one per "
                                   "signal.",
                       .required = true});
    visit(s.constant_step, {.name = "constant_step",
                            .sentence = "Steps of 1 / L, L the largest eigenvalue of D'D, instead "
                                        "of a length found in each."});
    visit(s.debias, {.name = "debias", .sentence = "Least squares on the support at the end."});
    describe_limits(s, visit,
                    "Relative change of the code in a step that keeps its support, at which a "
                    "signal is done.");
    describe_positive(s, visit);
  }
};

// A local method: no gap (NaN). debias leaves a code alone whose atoms are dependent, or whose least
// squares would not be positive where that is asked. Error: nonzeros above the atoms.
template <class T>
Encoding<T> iht(const Dictionary<T>& dictionary, Signals<T> signals, const IhtSettings& settings,
                const SparseCodes<T>* initial = nullptr, const Run& run = {});

}  // namespace striate
