// Problem    mode lasso: min_z  1/2 |y - D z|^2 + lambda * sum_j w_j |z_j|      (z >= 0 if positive)
//            exactly, for every lambda from lambda_max down to the one asked for, or until
//            `nonzeros` atoms are in use, whichever comes first
//            mode lars: the same path without letting atoms drop, which is not that minimiser
// Update     from one lambda at which an atom joins or drops to the next, see below
// Symbols    as lasso.h; A atoms in use, s their signs: c_A = lambda w_A s on the path, and
//            z_A += g v with G_AA v = w_A s while lambda falls by g
// Cost       K |A| multiply-adds per join or drop, of which there are about as many as nonzeros
// Instead    lasso: faster for one lambda; elastic_net. This one for whole paths, for a number of
//            nonzeros, and where coherent atoms make descent slow
// Source     efron2004; osborne2000
#pragma once

#include <array>

#include "striate/solvers/lasso.h"

namespace striate {

enum class LarsMode { lasso, lars };
template <>
struct EnumNames<LarsMode> {
  static constexpr std::array names{"lasso", "lars"};
};

struct LarsSettings {
  PerSignal lambda = {};           // one of the two, or nonzeros
  PerSignal lambda_relative = {};  // fraction of each signal's lambda_max
  PerSignal nonzeros = {};
  LarsMode mode = LarsMode::lasso;
  double tolerance = 1e-4;  // of the gap that certifies the answer; the path itself is exact
  int max_iterations = 10000;
  bool positive = false;
  std::vector<double> penalty_weights = {};  // empty: all 1; else one value >= 0 per atom

  static void describe(auto& s, auto&& visit) {
    describe_penalized(s, visit);
    visit(s.nonzeros,
          {.name = "nonzeros",
           .range = at_least(1),
           .unit = "atoms",
           .sentence = "Stop before more atoms than this are in use: one number, or one "
                       "per signal."});
    visit(s.mode, {.name = "mode",
                   .sentence = "lasso: the minimiser for every lambda; lars: atoms never drop."});
  }
};

// The gap is that of the lambda at which the path ended; NaN in mode lars, and where the path
// ended at least squares (lambda 0, status `exhausted`). Where a code of `initial` has a gap within
// the tolerance already it is kept; else the path begins at zero. Error: as lasso; positive with
// mode lars or with a penalty weight of 0.
template <class T>
Encoding<T> lars(const Dictionary<T>& dictionary, Signals<T> signals, const LarsSettings& settings,
                 const SparseCodes<T>* initial = nullptr, const Run& run = {});

// One signal's path. Between two breakpoints the code is linear in lambda.
template <class T>
struct LarsPath {
  std::vector<double> lambdas;  // breakpoints, falling from lambda_max
  SparseCodes<T> codes;         // the code at each
  SignalInfo info;              // of the last
};
template <class T>
LarsPath<T> lars_path(const Dictionary<T>& dictionary,
                      std::type_identity_t<std::span<const T>> signal, const LarsSettings& settings,
                      const Run& run = {});
// Of every signal; the path of one that was stopped before it began is empty.
template <class T>
std::vector<LarsPath<T>> lars_paths(const Dictionary<T>& dictionary, Signals<T> signals,
                                    const LarsSettings& settings, const Run& run = {});

}  // namespace striate
