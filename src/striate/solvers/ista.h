// Problem    penalty l1: lasso.h and group_lasso.h
//            penalty l0:  min_z  1/2 |y - D z|^2 + lambda sum_j w_j [z_j != 0]
//            penalty log: min_z  1/2 |y - D z|^2 + lambda sum_j w_j log(1 + (z_j / sigma)^2)
// Update     z <- prox_{lambda/L}(z + D'(y - D z) / L)              L >= largest eigenvalue of D'D
// Symbols    as lasso.h; the papers' f, K are y, D here, and beta of 1996 is lambda
// Cost       2 m nonzeros + 2 m K flops per iteration; the objective falls in every one
// Instead    fista: the same step with momentum, far fewer iterations; lasso, group_lasso: faster yet
// Source     daubechies2004; beck2009 (rate); blumensath2008 (l0); olshausen1996 (log)
#pragma once

#include "striate/penalties/any_penalty.h"
#include "striate/solvers/lasso.h"

namespace striate {

struct IstaSettings {
  PerSignal lambda = {};
  PerSignal lambda_relative = {};
  PenaltyName penalty = PenaltyName::l1;
  std::optional<double> sigma = {};  // of log; not given: 1
  Start start = Start::zero;         // without initial codes
  int group_size = 1;                // 1: the lasso
  double tolerance = 1e-4;
  int max_iterations = 10000;
  bool positive = false;
  std::vector<double> penalty_weights = {};  // empty: all 1; else one value >= 0 per group

  static void describe(auto& s, auto&& visit) {
    describe_penalized(s, visit);
    describe_group_size(s, visit);
    describe_penalty(s, visit);
  }
};

// With l1 the tolerance bounds the gap. l0 and log are not convex: codes are stationary and perhaps only
// local minima, with a gap of NaN; the tolerance bounds the length of a step relative to the code.
template <class T>
Encoding<T> ista(const Dictionary<T>& dictionary, Signals<T> signals, const IstaSettings& settings,
                 const SparseCodes<T>* initial = nullptr, const Run& run = {});

}  // namespace striate
