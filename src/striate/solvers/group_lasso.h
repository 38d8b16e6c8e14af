// Problem    min_z  1/2 |y - D z|^2 + lambda * sum_g w_g |z_g|_2      (z >= 0 if positive)
//            group g is atoms g*s .. g*s + s - 1, s = group_size; no factor sqrt(s)
// Symbols    as lasso.h; with s = 2 the pair (z_2p, z_2p+1) is a complex coefficient
// Method     as lasso.h, a block at a time
// Source     yuan2006; paiton2020 (subspace sparse coding)
#pragma once

#include "striate/solvers/lasso.h"

namespace striate {

struct GroupLassoSettings {
  PerSignal lambda = {};
  PerSignal lambda_relative = {};
  int group_size = 2;
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
Encoding<T> group_lasso(const Dictionary<T>& dictionary, Signals<T> signals,
                        const GroupLassoSettings& settings, const SparseCodes<T>* initial = nullptr,
                        const Run& run = {});

}  // namespace striate
