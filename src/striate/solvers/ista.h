// Problem    lasso.h and group_lasso.h
// Update     z <- prox_{lambda/L}(z + D'(y - D z) / L)              L >= largest eigenvalue of D'D
// Symbols    as lasso.h; the paper's f, K are y, D here
// Cost       2 m nonzeros + 2 m K flops per iteration; the objective falls in every one
// Instead    fista: the same step with momentum, far fewer iterations; lasso, group_lasso: faster yet
// Source     daubechies2004; beck2009 (rate)
#pragma once

#include "striate/solvers/lasso.h"

namespace striate {

struct IstaSettings {
  PerSignal lambda = {};
  PerSignal lambda_relative = {};
  int group_size = 1;  // 1: the lasso
  double tolerance = 1e-4;
  int max_iterations = 10000;
  bool positive = false;
  std::vector<double> penalty_weights = {};  // empty: all 1; else one value >= 0 per group

  static void describe(auto& s, auto&& visit) {
    describe_penalized(s, visit);
    describe_group_size(s, visit);
  }
};

template <class T>
Encoding<T> ista(const Dictionary<T>& dictionary, Signals<T> signals, const IstaSettings& settings,
                 const SparseCodes<T>* initial = nullptr, const Run& run = {});

}  // namespace striate
