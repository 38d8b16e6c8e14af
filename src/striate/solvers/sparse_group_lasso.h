// Problem    min_z  1/2 |y - D z|^2 + lambda_1 |z|_1 + lambda_2 sum_g w_g |z_g|_2  (z >= 0 if positive)
//            lambda_1 = l1_share lambda,  lambda_2 = (1 - l1_share) lambda
//            group g is atoms g*s .. g*s + s - 1, s = group_size; no factor sqrt(s)
// Symbols    as group_lasso.h; the paper's alpha is l1_share
// Method     as lasso.h, a block at a time; few groups in use, and few coefficients within them
// Instead    group_lasso, lasso: the ends l1_share = 0 and, with weights of 1 and groups of one, 1
// Source     simon2013; ndiaye2016 (dual norm and gap)
#pragma once

#include "striate/solvers/lasso.h"

namespace striate {

struct SparseGroupLassoSettings {
  PerSignal lambda = {};
  PerSignal lambda_relative = {};
  int group_size = 2;
  double l1_share = 0.5;
  double tolerance = 1e-4;
  int max_iterations = 10000;
  bool positive = false;
  std::vector<double> penalty_weights = {};  // w_g, of the groups' norms; empty: all 1

  static void describe(auto& s, auto&& visit) {
    describe_penalized(s, visit);
    describe_group_size(s, visit);
    visit(s.l1_share, {.name = "l1_share",
                       .range = between(0, 1),
                       .sentence = "Part of lambda that weighs the sum of magnitudes; the rest "
                                   "weighs the norms of groups."});
  }
};

// Codes hold whole groups, with the zeros within.
template <class T>
Encoding<T> sparse_group_lasso(const Dictionary<T>& dictionary, Signals<T> signals,
                               const SparseGroupLassoSettings& settings,
                               const SparseCodes<T>* initial = nullptr, const Run& run = {});

}  // namespace striate
