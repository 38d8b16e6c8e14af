// What the settings of a penalised least-squares problem come to once they are
// checked, and the duality gap that certifies its answers.
#pragma once

#include <cmath>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "striate/core/settings.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/penalties/penalty.h"
#include "striate/solvers/encoding.h"

namespace striate::detail {

struct PenalizedProblem {
  PerSignal lambda = {}, lambda_relative = {};
  int group_size = 1;
  double tolerance = 0;
  int max_iterations = 0;
  bool positive = false;
  std::span<const double> weights = {};
  double l2 = 0;            // adds l2/2 |z|^2
  PerSignal nonzeros = {};  // may stand in for lambda
  double l1_share = 0;      // of the penalty of groups: sparse_group.h
};

// Error that begins with `who` unless all of it fits together.
void check_problem(std::string_view who, const PenalizedProblem& problem, std::int64_t rows,
                   std::int64_t atoms, std::int64_t signal_rows);
// Error unless all are whole numbers and at most the atoms.
void check_counts(std::string_view who, const PerSignal& nonzeros, std::int64_t atoms);
void check_initial(std::string_view who, std::int64_t atoms, std::int64_t signals,
                   std::int64_t initial_atoms, std::int64_t initial_signals);

// The settings' problem, checked against the dictionary, the signals and the
// initial codes.
template <class T, class Settings>
PenalizedProblem make_problem(std::string_view who, const Dictionary<T>& dictionary,
                              MatrixView<const T> signals, const Settings& settings,
                              const SparseCodes<T>* initial) {
  validate(who, settings);
  check_signals(who, settings, signals.columns);
  PenalizedProblem problem{.lambda = settings.lambda,
                           .lambda_relative = settings.lambda_relative,
                           .tolerance = settings.tolerance,
                           .max_iterations = settings.max_iterations,
                           .positive = settings.positive,
                           .weights = settings.penalty_weights};
  if constexpr (requires { settings.group_size; }) problem.group_size = settings.group_size;
  if constexpr (requires { settings.l2; }) problem.l2 = settings.l2;
  if constexpr (requires { settings.l1_share; }) problem.l1_share = settings.l1_share;
  if constexpr (requires { settings.nonzeros; }) problem.nonzeros = settings.nonzeros;
  check_problem(who, problem, dictionary.rows(), dictionary.atoms(), signals.rows);
  if (initial)
    check_initial(who, dictionary.atoms(), signals.columns, initial->atoms(), initial->signals());
  return problem;
}

// A signal is coded as y / 2^exponent with lambda / 2^exponent: exact, the same
// code scaled, and no square over- or underflows however the signal is scaled.
struct Scale {
  int exponent = 0;
  bool finite = true;
};
template <class T>
Scale scale_of(std::span<const T> signal);
template <class T>
void scale_by(Scale scale, std::span<const T> signal, std::span<T> out) {
  const T factor = std::ldexp(T(1), -scale.exponent);
  if (std::isnormal(factor))  // then the product is the same bits, and fast
    for (std::size_t i = 0; i < signal.size(); ++i) out[i] = signal[i] * factor;
  else
    for (std::size_t i = 0; i < signal.size(); ++i) out[i] = std::ldexp(signal[i], -scale.exponent);
}

// A signal with NaN or infinity has no code, objective or gap.
inline SignalInfo invalid_signal() {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  return {.status = Status::invalid, .objective = nan, .relative_gap = nan};
}

// r -= D z for a sparse z, in double precision.
template <class T>
void subtract_atoms(const Dictionary<T>& dictionary, std::span<const std::int32_t> indices,
                    std::span<const T> values, std::span<double> r);

// Sums over a code z with correlations c = D'(y - D z), from which the
// certificate follows. With an l2 part the sums are those of the equal problem without one, signal
// [y; 0] and dictionary [D; sqrt(l2) I]: |y - D z|^2 + l2 |z|^2, and c - l2 z for c.
struct Sums {
  double residual = 0;      // |y - D z|^2
  double penalty = 0;       // Omega(z)
  double correlation = 0;   // z'c
  double squared_dual = 0;  // the square of the dual norm of c
  // Groups of weight 0 have c = 0 at the optimum. Until then a dual point s r
  // is short of feasible by s c_g, which costs |s| |c_g| |z*_g|; the optimum's
  // z*_g is taken to be at most |z_g| + |c_g| / L_g long, L_g their curvature.
  double unpenalized = 0;
  int nonzero_groups = 0;

  // Adds group g of the code; the dual norm is left to the caller, who may know
  // it of all groups. P: a Penalty or AnyPenalty.
  template <class P, class T>
  void add(const P& p, std::int64_t g, const T* z, const T* c, T curvature) {
    double product = 0, code = 0, rest = 0;
    for (int i = 0; i < p.size(); ++i) {
      product += static_cast<double>(z[i]) * c[i];
      code += static_cast<double>(z[i]) * z[i];
      rest += static_cast<double>(c[i]) * c[i];
    }
    nonzero_groups += code > 0;
    correlation += product;
    if (p.weight(g) > 0) {
      if (code > 0) penalty += p.value(g, z);
    } else if (curvature > 0) {
      unpenalized += std::sqrt(code * rest) + rest / curvature;
    }
  }
};

struct Certificate {
  double objective = 0, gap = 0;
};
// Gap = primal - dual at the best multiple of the residual that is dual
// feasible.
Certificate certify(const Sums& sums, double lambda, bool positive);

// The gap of a problem with an l2 part at the dual point y - D z itself, which is always feasible
// there: lambda Omega(z) + l2/2 |z|^2 - z'c + |u|^2 / (2 l2), u = prox(c, lambda). Sums as above,
// `code` is |z|^2, `shrunk` |u|^2.
double unscaled_gap(const Sums& sums, double lambda, double l2, double code, double shrunk);

}  // namespace striate::detail
