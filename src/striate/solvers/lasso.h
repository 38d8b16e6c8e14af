// Problem    min_z  1/2 |y - D z|^2 + lambda * sum_j w_j |z_j|        (z >= 0 if positive)
// Symbols    y signal, D dictionary, z code, w penalty_weights, c = D'(y - D z)
// Method     working sets: coordinate descent on the atoms that matter, a full gradient to check
//            all others, until the duality gap is below tolerance * objective
// Cost       D'y (2 m K flops) + a few gradients (K * nonzeros) + descent on the working set
// Instead    lars: coherent atoms and small lambda, whole paths, a number of nonzeros;
//            elastic_net: atoms that are alike; group_lasso: pairs and other groups;
//            fista: no Gram matrix, the simple reference
// Source     tibshirani1996; friedman2010 (coordinate descent); massias2018 (working sets)
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "striate/core/observer.h"
#include "striate/core/settings.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/solvers/encoding.h"
#include "striate/solvers/penalized.h"

namespace striate {

struct LassoSettings {
  PerSignal lambda = {};           // this or lambda_relative
  PerSignal lambda_relative = {};  // fraction of each signal's lambda_max
  double tolerance = 1e-4;
  int max_iterations = 10000;
  bool positive = false;
  std::vector<double> penalty_weights = {};  // empty: all 1; else one value >= 0 per atom

  static void describe(auto& s, auto&& visit) { describe_penalized(s, visit); }
};

// `initial`: codes to start from, one per signal (nullptr: zero). Signals with NaN or infinity get
// status `invalid` and an empty code. Error: shapes or settings that do not fit.
template <class T>
Encoding<T> lasso(const Dictionary<T>& dictionary, Signals<T> signals,
                  const LassoSettings& settings, const SparseCodes<T>* initial = nullptr,
                  const Run& run = {});

}  // namespace striate
