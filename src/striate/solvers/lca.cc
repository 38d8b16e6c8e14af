#include "striate/solvers/lca.h"

#include "striate/linalg/power_iteration.h"
#include "striate/solvers/detail/activation.h"

namespace striate {
namespace {

using namespace detail;

constexpr double infinity = std::numeric_limits<double>::infinity();

// lane.x is u, lane.z is a = T(u).
template <class T>
struct LcaStep {
  Threshold<T> threshold;
  double eta;  // of u's way to where it would come to rest
  std::optional<int> steps;
  LcaTrajectory<T>* record = nullptr;

  static constexpr bool extrapolates = false;
  struct State {
    std::int64_t steps = 0;
  };
  using Scratch = LockstepScratch<T>;

  // u = 0; or, from an initial code, u_g = z_g grown by the threshold where z_g is not zero, else
  // c_g within the threshold, as at a fixed point.
  bool start(const Lane<T>& lane, State& state, Scratch& s) const {
    const bool cold = std::ranges::all_of(lane.z, [](T v) { return v == 0; });
    if (!cold) {
      const AnyPenalty<T>& penalty = threshold.penalty;
      std::ranges::copy(lane.c, lane.x.begin());
      penalty.prox(static_cast<T>(lane.lambda), lane.x);
      for (std::size_t k = 0; k < lane.x.size(); ++k) lane.x[k] = lane.c[k] - lane.x[k];
      const auto size = static_cast<std::size_t>(penalty.size());
      for (std::size_t first = 0; first < lane.x.size(); first += size) {
        const auto u = lane.x.subspan(first, size), z = lane.z.subspan(first, size);
        const double squares = dot<double>(std::ssize(z), z.data(), z.data());
        if (squares == 0) continue;
        const double slope = penalty.value(static_cast<std::int64_t>(first / size), z.data());
        const double growth = threshold.hard ? 1 : 1 + lane.lambda * slope / squares;
        for (std::size_t i = 0; i < size; ++i) u[i] = static_cast<T>(growth * z[i]);
      }
    }
    activate(lane, state, s);
    return !cold;
  }

  void step(const Lane<T>& lane, State& state, Scratch& s) const {
    const auto part = static_cast<T>(eta);
    T* u = lane.x.data();
    for (std::size_t k = 0; k < lane.x.size(); ++k) u[k] += part * (lane.c[k] - u[k] + lane.z[k]);
    ++state.steps;
    activate(lane, state, s);
  }

  void activate(const Lane<T>& lane, const State& state, Scratch& s) const {
    std::ranges::copy(lane.x, lane.z.begin());
    threshold.apply(lane.lambda, lane.z, s);
    if (!record) return;
    for (std::size_t k = 0; k < lane.x.size(); ++k) {
      record->u(static_cast<std::int64_t>(k), state.steps) = std::ldexp(lane.x[k], lane.exponent);
      record->a(static_cast<std::int64_t>(k), state.steps) = std::ldexp(lane.z[k], lane.exponent);
    }
  }

  Measure measure(const Lane<T>& lane, const State&, Scratch& s, int iteration) const {
    Measure now = threshold.measure(lane, s);
    double off = 0, state = 0, target = 0;  // squares of the fixed point's residual, u, its target
    for (std::size_t k = 0; k < lane.x.size(); ++k) {
      const double u = lane.x[k], rest = static_cast<double>(lane.c[k]) + lane.z[k];
      off += (rest - u) * (rest - u);
      state += u * u;
      target += rest * rest;
    }
    if (!std::isfinite(off)) now.objective = infinity;
    if (threshold.hard) now.miss = off == 0 ? 0 : std::sqrt(off / std::max(state, target));
    if (steps) now.miss = iteration == *steps ? 0 : infinity;
    return now;
  }
  // Twenty time constants: until then u may be on its way to a threshold.
  double patience() const { return 1000 + 20 / eta; }
  void finish(const Lane<T>&, Measure&, Scratch&) const {}
};

template <class T>
Encoding<T> integrate(std::string_view who, const Dictionary<T>& dictionary,
                      MatrixView<const T> signals, const LcaSettings& settings,
                      const SparseCodes<T>* initial, const Run& run, LcaTrajectory<T>* record) {
  auto part = penalized_part(who, settings);
  if (settings.steps) part.max_iterations = *settings.steps;
  const PenalizedProblem problem = make_problem(who, dictionary, signals, part, initial);
  const auto penalty = make_penalty<T>(problem.group_size, problem.weights, problem.positive);
  const double lipschitz = std::max(largest_eigenvalue(dictionary.matrix()), 1.0);
  const double eta = settings.step_size.value_or(1 / lipschitz);
  const LcaStep<T> step{.threshold = {*penalty, settings.activation == Activation::hard, lipschitz},
                        .eta = settings.integration == Integration::euler ? eta : -std::expm1(-eta),
                        .steps = settings.steps,
                        .record = record};
  return Lockstep<T, LcaStep<T>>(dictionary, signals, problem, *penalty, step, initial).solve(run);
}

}  // namespace

template <class T>
Encoding<T> lca(const Dictionary<T>& dictionary, Signals<T> signals, const LcaSettings& settings,
                const SparseCodes<T>* initial, const Run& run) {
  return integrate("lca", dictionary, signals, settings, initial, run, {});
}

template <class T>
LcaTrajectory<T> lca_trajectory(const Dictionary<T>& dictionary,
                                std::type_identity_t<std::span<const T>> signal,
                                const LcaSettings& settings, const SparseCodes<T>* initial) {
  validate("lca_trajectory", settings);
  if (!settings.steps) throw Error("lca_trajectory: steps is missing; it must be given");
  if (!scale_of(signal).finite)
    throw Error("lca_trajectory: the signal holds NaN or infinity; all values must be finite");
  LcaTrajectory<T> record{Matrix<T>(dictionary.atoms(), *settings.steps + 1),
                          Matrix<T>(dictionary.atoms(), *settings.steps + 1)};
  const MatrixView<const T> signals(signal.data(), std::ssize(signal), 1);
  integrate("lca_trajectory", dictionary, signals, settings, initial, Run{.threads = 1}, &record);
  return record;
}

#define STRIATE_INSTANTIATE(T)                                                       \
  template Encoding<T> lca(const Dictionary<T>&, Signals<T>, const LcaSettings&,     \
                           const SparseCodes<T>*, const Run&);                       \
  template LcaTrajectory<T> lca_trajectory(const Dictionary<T>&, std::span<const T>, \
                                           const LcaSettings&, const SparseCodes<T>*);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
