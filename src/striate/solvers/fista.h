// Problem    lasso.h and group_lasso.h
// Update     z <- prox_{lambda/L}(x + D'(y - D x) / L)              L >= largest eigenvalue of D'D
//            x <- z + (t - 1)/t' (z - z_old),  t' = (1 + sqrt(1 + 4 t^2)) / 2
//            restart (t = 1) when (x - z)'(z - z_old) > 0
// Symbols    as lasso.h; the paper's A, b, x, y are D, y, z, x here
// Cost       one K x K Gram product per iteration, or two m x K products
// Instead    lasso, group_lasso: much faster where codes are sparse
// Source     beck2009; odonoghue2015 (restart)
#pragma once

#include "striate/solvers/lasso.h"

namespace striate {

struct FistaSettings {
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
Encoding<T> fista(const Dictionary<T>& dictionary, Signals<T> signals,
                  const FistaSettings& settings, const SparseCodes<T>* initial = nullptr,
                  const Run& run = {});

}  // namespace striate
