// Problem    lasso.h and group_lasso.h
// Update     z_g <- z_g + eta (D_g'(y - D z) - lambda w_g s_g)       eta = descent_rate / L
//            s_g = z_g / |z_g|; where z_g = 0 the subgradient that leaves the shortest step
//            after the last step: z_g <- 0 where |z_g| <= cut_off eta lambda w_g
// Symbols    as group_lasso.h, L >= largest eigenvalue of D'D; the paper's I, Phi, s are y, D, z here.
//            A coefficient of which the penalty is in command hops about zero, at most
//            2 eta lambda w_g from it and never on it: hence the cut-off.
// Cost       2 m nonzeros + 2 m K flops per step
// Instead    lasso, group_lasso: the minimum itself, with true zeros, much faster; ista: the same
//            steps with the penalty's prox, which has true zeros
// Source     zhao2025, equation 1 (by gradient descent); shor1985
#pragma once

#include "striate/solvers/lasso.h"

namespace striate {

struct GradientDescentSettings {
  PerSignal lambda = {};
  PerSignal lambda_relative = {};
  int group_size = 1;  // 1: the lasso
  int descent_steps = 100;
  double descent_rate = 1;
  double cut_off = 2;
  bool positive = false;
  std::vector<double> penalty_weights = {};  // empty: all 1; else one value >= 0 per group

  static void describe(auto& s, auto&& visit) {
    describe_lambda(s, visit);
    describe_descent(s, visit);
    describe_coefficients(s, visit);
    describe_group_size(s, visit);
  }
};

// Every code is converged by definition after its steps; its gap says how far from the minimum it
// is.
template <class T>
Encoding<T> gradient_descent(const Dictionary<T>& dictionary, Signals<T> signals,
                             const GradientDescentSettings& settings,
                             const SparseCodes<T>* initial = nullptr, const Run& run = {});

}  // namespace striate
