// Proximal gradient steps, with momentum (fista) or without (ista).
#pragma once

#include "striate/linalg/power_iteration.h"
#include "striate/solvers/detail/lockstep.h"

namespace striate::detail {

template <class T, bool momentum>
struct ProximalStep {
  const AnyPenalty<T>& penalty;
  double lipschitz;

  static constexpr bool extrapolates = momentum;
  struct State {
    double t = 1;
  };
  using Scratch = LockstepScratch<T>;

  bool start(const Lane<T>& lane, State&, Scratch&) const {
    if constexpr (momentum) std::ranges::copy(lane.z, lane.x.begin());
    return false;
  }

  void step(const Lane<T>& lane, State& state, Scratch& s) const {
    const std::size_t atoms = lane.z.size();
    T *x = (momentum ? lane.x : lane.z).data(), *z = lane.z.data(), *next = s.next.data();
    const T* c = lane.c.data();
    const auto step = static_cast<T>(1 / lipschitz);
    for (std::size_t k = 0; k < atoms; ++k) next[k] = x[k] + step * c[k];
    penalty.prox(static_cast<T>(lane.lambda / lipschitz), s.next);
    if constexpr (momentum) {
      double uphill = 0;
      for (std::size_t k = 0; k < atoms; ++k)
        uphill += static_cast<double>(x[k] - next[k]) * (next[k] - z[k]);
      if (uphill > 0) state.t = 1;
      const double t = (1 + std::sqrt(1 + 4 * state.t * state.t)) / 2;
      const auto factor = static_cast<T>((state.t - 1) / t);
      state.t = t;
      for (std::size_t k = 0; k < atoms; ++k) x[k] = next[k] + factor * (next[k] - z[k]);
    }
    std::ranges::copy(s.next, z);
  }

  Measure measure(const Lane<T>& lane, const State&, Scratch& s, int) const {
    return measure_penalized(penalty, lipschitz, lane, s);
  }
  double patience() const { return 1000; }
  void finish(const Lane<T>&, Measure&, Scratch&) const {}
};

template <bool momentum, class T, class Settings>
Encoding<T> solve_by_proximal_gradient(std::string_view who, const Dictionary<T>& dictionary,
                                       MatrixView<const T> signals, const Settings& settings,
                                       const SparseCodes<T>* initial, const Run& run) {
  const PenalizedProblem problem = make_problem(who, dictionary, signals, settings, initial);
  const auto penalty = make_penalty<T>(problem.group_size, problem.weights, problem.positive);
  const double eigenvalue = largest_eigenvalue(dictionary.matrix());
  const ProximalStep<T, momentum> step{*penalty, eigenvalue > 0 ? eigenvalue : 1};
  return Lockstep<T, ProximalStep<T, momentum>>(dictionary, signals, problem, *penalty, step,
                                                initial)
      .solve(run);
}

}  // namespace striate::detail
