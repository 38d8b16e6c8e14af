// Problem    that of the activation: lasso.h (soft, rectified), group_lasso.h (subspace), or
//            1/2 |y - D a|^2 + lambda^2 / 2 |a|_0 (hard: lambda is a threshold)
// Update     tau du/dt = D'y - u - (D'D - I) a,  a = T(u)             T: activation.h
//            euler        u <- u + eta (D'(y - D a) - u + a)          eta = dt / tau = step_size
//            exponential  the same with 1 - exp(-eta): the exact solution while a stands still
// Symbols    u inner state, a = z the code. Fixed points of T soft are minimisers: u - a = D'(y - D a)
// Cost       2 m nonzeros + 2 m K flops per step, some hundreds to thousands of steps
// Instead    lasso, group_lasso: the same codes much faster; lca is the model of a circuit
// Source     rozell2008; paiton2020 (subspace)
#pragma once

#include "striate/solvers/activation.h"
#include "striate/solvers/lasso.h"

namespace striate {

enum class Integration : std::uint8_t { euler, exponential };
template <>
struct EnumNames<Integration> {
  static constexpr std::array names{"euler", "exponential"};
};

struct LcaSettings {
  PerSignal lambda = {};
  PerSignal lambda_relative = {};
  Activation activation = Activation::soft;
  std::optional<int> group_size = {};
  Integration integration = Integration::euler;
  std::optional<double> step_size = {};  // dt / tau; not given: 1 / max(L, 1)
  std::optional<int> steps = {};         // a model of so many steps; not given: a solver
  double tolerance = 1e-4;
  int max_iterations = 10000;
  bool positive = false;
  std::vector<double> penalty_weights = {};  // empty: all 1; else one value >= 0 per group

  static void describe(auto& s, auto&& visit) {
    describe_lambda(s, visit);
    describe_activation(s, visit);
    visit(s.integration, {.name = "integration",
                          .sentence = "Steps by Euler's rule, or exact while the code stands "
                                      "still."});
    visit(s.step_size, {.name = "step_size",
                        .range = above(0),
                        .sentence = "dt / tau; where not given 1 / max(L, 1), L the largest "
                                    "eigenvalue of D'D; below 2 / L it is stable."});
    visit(s.steps, {.name = "steps",
                    .range = at_least(1),
                    .unit = "iterations",
                    .sentence = "Exactly so many steps, whatever the tolerance."});
    describe_limits(s, visit,
                    "Relative duality gap at which a signal is done; of hard, the residual of the "
                    "fixed point, relative to u.");
    describe_coefficients(s, visit);
  }
};

// From u = 0, or from a state whose code is `initial`. With `steps` every code is converged by
// definition. A step so long that u leaves the finite numbers ends as stalled, with the zero code.
template <class T>
Encoding<T> lca(const Dictionary<T>& dictionary, Signals<T> signals, const LcaSettings& settings,
                const SparseCodes<T>* initial = nullptr, const Run& run = {});

// Inner states and codes of one signal (K x steps + 1): column i after i steps.
template <class T>
struct LcaTrajectory {
  Matrix<T> u, a;
};
// Error: no `steps`, or a signal that is not finite.
template <class T>
LcaTrajectory<T> lca_trajectory(const Dictionary<T>& dictionary,
                                std::type_identity_t<std::span<const T>> signal,
                                const LcaSettings& settings,
                                const SparseCodes<T>* initial = nullptr);

}  // namespace striate
