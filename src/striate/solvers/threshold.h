// Problem    z = T(D'y)                                              (no descent: one product)
// Update     soft: S(b, lambda w), positive: max(b - lambda w, 0); hard, groups: activation.h
// Symbols    as lasso.h; b = D'y, not divided by the norms of the atoms
// Cost       2 m K flops; the objective and the lasso's duality gap at that code as much again
// Instead    lasso: minimises; for orthonormal atoms the two agree
// Source     coates2011; scikit-learn's algorithm="threshold"
#pragma once

#include "striate/solvers/activation.h"
#include "striate/solvers/lasso.h"

namespace striate {

struct ThresholdSettings {
  PerSignal lambda = {};
  PerSignal lambda_relative = {};
  Activation activation = Activation::soft;
  std::optional<int> group_size = {};
  bool positive = false;
  std::vector<double> penalty_weights = {};  // empty: all 1; else one value >= 0 per group

  static void describe(auto& s, auto&& visit) {
    describe_lambda(s, visit);
    describe_activation(s, visit);
    describe_coefficients(s, visit);
  }
};

// Every code is converged by definition; its gap is the true one, NaN for a hard threshold, whose
// objective is 1/2 |y - D z|^2 + lambda^2 / 2 sum_j w_j^2 [z_j != 0].
template <class T>
Encoding<T> threshold(const Dictionary<T>& dictionary, Signals<T> signals,
                      const ThresholdSettings& settings, const Run& run = {});

}  // namespace striate
