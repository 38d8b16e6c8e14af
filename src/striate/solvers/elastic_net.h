// Problem    min_z  1/2 |y - D z|^2 + lambda * sum_j w_j |z_j| + l2/2 |z|^2     (z >= 0 if positive)
// Symbols    as lasso.h; the paper's lambda_1, lambda_2 are 2 lambda, l2; its factor 1 + lambda_2
//            that scales the code up afterwards is left out
// Method     the lasso of the longer signal [y; 0] and atoms [D; sqrt(l2) I], which are not formed:
//            l2 joins the diagonal of the Gram matrix, and c - l2 z takes the place of c. Of the
//            two duality gaps, at the scaled residual and at the residual itself, the smaller one
//            counts
// Cost       as lasso.h
// Instead    lasso: the same with l2 = 0. With l2 > 0 the code is unique, moves smoothly with the
//            signal, and atoms that are alike share their coefficient
// Source     zou2005
#pragma once

#include "striate/solvers/lasso.h"

namespace striate {

struct ElasticNetSettings {
  PerSignal lambda = {};
  PerSignal lambda_relative = {};
  double l2 = 0;  // 0: the lasso
  double tolerance = 1e-4;
  int max_iterations = 10000;
  bool positive = false;
  std::vector<double> penalty_weights = {};  // of the l1 part; empty: all 1

  static void describe(auto& s, auto&& visit) {
    describe_penalized(s, visit);
    visit(s.l2, {.name = "l2",
                 .range = at_least(0),
                 .sentence = "Weight of the squared norm of the code, halved; 0 is the lasso."});
  }
};

template <class T>
Encoding<T> elastic_net(const Dictionary<T>& dictionary, Signals<T> signals,
                        const ElasticNetSettings& settings, const SparseCodes<T>* initial = nullptr,
                        const Run& run = {});

}  // namespace striate
