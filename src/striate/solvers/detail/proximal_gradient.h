// Proximal gradient steps, with momentum (fista) or without (ista).
#pragma once

#include "striate/linalg/power_iteration.h"
#include "striate/solvers/detail/lockstep.h"

namespace striate::detail {

template <class T, bool momentum>
struct ProximalStep {
  const AnyPenalty<T>& penalty;
  double lipschitz;
  std::vector<T> projections = {};  // 1 / |d|^2 of every atom; empty: from the code as it is

  static constexpr bool extrapolates = momentum;
  struct State {
    double t = 1;
  };
  using Scratch = LockstepScratch<T>;

  bool start(const Lane<T>& lane, State&, Scratch&) const {
    for (std::size_t k = 0; k < projections.size(); ++k) {
      lane.z[k] = projections[k] * lane.c[k];
      if (penalty.positive()) lane.z[k] = std::max(lane.z[k], T(0));
    }
    if constexpr (momentum) std::ranges::copy(lane.z, lane.x.begin());
    return !projections.empty();
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
    return penalty.convex() ? measure_penalized(penalty, lipschitz, lane, s)
                            : measure_stationary(lane, s);
  }
  // Without a gap: the length of the next step relative to the code, 0 where the code is stationary.
  Measure measure_stationary(const Lane<T>& lane, Scratch& s) const {
    Measure now{.relative_gap = std::numeric_limits<double>::quiet_NaN()};
    for (T r : lane.r) now.objective += 0.5 * static_cast<double>(r) * r;
    for (std::size_t k = 0; k < lane.z.size(); ++k) {
      now.objective += lane.lambda * penalty.value(static_cast<std::int64_t>(k), &lane.z[k]);
      s.next[k] = lane.z[k] + static_cast<T>(1 / lipschitz) * lane.c[k];
    }
    penalty.prox(static_cast<T>(lane.lambda / lipschitz), s.next);
    const double length = dot<double>(std::ssize(s.next), s.next.data(), s.next.data());
    for (std::size_t k = 0; k < lane.z.size(); ++k) s.next[k] -= lane.z[k];
    const double moved = dot<double>(std::ssize(s.next), s.next.data(), s.next.data());
    const double code = dot<double>(std::ssize(lane.z), lane.z.data(), lane.z.data());
    now.miss = moved == 0 ? 0 : std::sqrt(moved / std::max(length, code));
    return now;
  }
  double patience() const { return 1000; }
  void finish(const Lane<T>&, Measure&, Scratch&) const {}
};

// The penalty of the settings, by name where they have one. Error: what the named one does not go with.
template <class T, class Settings>
std::unique_ptr<AnyPenalty<T>> penalty_of(std::string_view who, const PenalizedProblem& problem,
                                          const Settings& settings) {
  if constexpr (requires { settings.penalty; }) {
    const std::string_view name = EnumNames<PenaltyName>::names[std::size_t(settings.penalty)];
    const bool convex = settings.penalty == PenaltyName::l1;
    if (settings.sigma && settings.penalty != PenaltyName::log)
      throw Error(who, ": sigma is given with penalty ", name, "; only log has one");
    if (!convex && problem.group_size > 1)
      throw Error(who, ": group_size is ", problem.group_size, " with penalty ", name,
                  ", which is of single atoms; it must be 1");
    if (!convex && problem.lambda_relative)
      throw Error(who, ": lambda_relative with penalty ", name,
                  ", for which no lambda is known to make the code zero; give lambda");
    return make_penalty<T>(settings.penalty, settings.sigma.value_or(1), problem.group_size,
                           problem.weights, problem.positive);
  } else {
    return make_penalty<T>(problem.group_size, problem.weights, problem.positive);
  }
}

template <bool momentum, class T, class Settings>
Encoding<T> solve_by_proximal_gradient(std::string_view who, const Dictionary<T>& dictionary,
                                       MatrixView<const T> signals, const Settings& settings,
                                       const SparseCodes<T>* initial, const Run& run) {
  const PenalizedProblem problem = make_problem(who, dictionary, signals, settings, initial);
  const auto penalty = penalty_of<T>(who, problem, settings);
  const double eigenvalue = largest_eigenvalue(dictionary.matrix());
  ProximalStep<T, momentum> step{*penalty, eigenvalue > 0 ? eigenvalue : 1};
  if constexpr (requires { settings.start; })
    if (settings.start == Start::projection && !initial)
      for (std::int64_t k = 0; k < dictionary.atoms(); ++k) {
        const T* d = dictionary.atom(k).data();
        const double square = dot<double>(dictionary.rows(), d, d);
        step.projections.push_back(square > 0 ? static_cast<T>(1 / square) : T(0));
      }
  return Lockstep<T, ProximalStep<T, momentum>>(dictionary, signals, problem, *penalty, step,
                                                initial)
      .solve(run);
}

}  // namespace striate::detail
