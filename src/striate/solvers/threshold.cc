#include "striate/solvers/threshold.h"

#include "striate/linalg/power_iteration.h"
#include "striate/solvers/detail/activation.h"

namespace striate {
namespace {

using namespace detail;

// No step at all: the start is the code.
template <class T>
struct ThresholdStep {
  Threshold<T> threshold;

  static constexpr bool extrapolates = false;
  struct State {};
  using Scratch = LockstepScratch<T>;

  bool start(const Lane<T>& lane, State&, Scratch& s) const {
    std::ranges::copy(lane.c, lane.z.begin());
    threshold.apply(lane.lambda, lane.z, s);
    return true;
  }
  void step(const Lane<T>&, State&, Scratch&) const {}
  Measure measure(const Lane<T>& lane, const State&, Scratch& s, int) const {
    Measure now = threshold.measure(lane, s);
    now.miss = 0;
    return now;
  }
  double patience() const { return 1; }
  void finish(const Lane<T>&, Measure&, Scratch&) const {}
};

}  // namespace

template <class T>
Encoding<T> threshold(const Dictionary<T>& dictionary, Signals<T> signals,
                      const ThresholdSettings& settings, const Run& run) {
  const auto part = penalized_part("threshold", settings);
  const PenalizedProblem problem = make_problem<T>("threshold", dictionary, signals, part, nullptr);
  const auto penalty = make_penalty<T>(problem.group_size, problem.weights, problem.positive);
  // The gap asks for the curvature only where coefficients are free.
  const bool some_free = std::ranges::count(problem.weights, 0.0) > 0;
  const double eigenvalue = some_free ? largest_eigenvalue(dictionary.matrix()) : 0;
  const ThresholdStep<T> step{
      {*penalty, settings.activation == Activation::hard, eigenvalue > 0 ? eigenvalue : 1}};
  return Lockstep<T, ThresholdStep<T>>(dictionary, signals, problem, *penalty, step, nullptr)
      .solve(run);
}

#define STRIATE_INSTANTIATE(T)                                                               \
  template Encoding<T> threshold(const Dictionary<T>&, Signals<T>, const ThresholdSettings&, \
                                 const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
