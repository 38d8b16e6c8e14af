#include "striate/solvers/gradient_descent.h"

#include "striate/linalg/power_iteration.h"
#include "striate/solvers/detail/lockstep.h"
#include "striate/solvers/fista.h"

namespace striate {
namespace {

using namespace detail;

template <class T>
struct DescentStep {
  const AnyPenalty<T>& penalty;
  double lipschitz;
  const GradientDescentSettings& settings;

  static constexpr bool extrapolates = false;
  struct State {
    int steps = 0;
  };
  using Scratch = LockstepScratch<T>;

  bool start(const Lane<T>&, State&, Scratch&) const { return false; }

  void step(const Lane<T>& lane, State& state, Scratch& s) const {
    const double eta = settings.descent_rate / lipschitz;
    const auto size = static_cast<std::size_t>(penalty.size());
    const bool last = ++state.steps == settings.descent_steps;
    std::ranges::copy(lane.c, s.next.begin());
    penalty.prox(static_cast<T>(lane.lambda), s.next);  // what is left of c where z_g = 0
    for (std::size_t first = 0; first < lane.z.size(); first += size) {
      const auto z = lane.z.subspan(first, size);
      const auto g = static_cast<std::int64_t>(first / size);
      const double squares = dot<double>(std::ssize(z), z.data(), z.data());
      const double pull =
          squares > 0 ? lane.lambda * penalty.value(g, z.data()) / squares : 0;  // lambda w / |z|
      double after = 0;
      for (std::size_t i = 0; i < size; ++i) {
        const double up = squares > 0 ? lane.c[first + i] - pull * z[i] : s.next[first + i];
        z[i] = static_cast<T>(z[i] + eta * up);
        if (penalty.positive()) z[i] = std::max(z[i], T(0));
        after += static_cast<double>(z[i]) * z[i];
      }
      const double reach = settings.cut_off * eta * lane.lambda * penalty.weight(g);
      if (last && after <= reach * reach) std::ranges::fill(z, T(0));
    }
  }

  Measure measure(const Lane<T>& lane, const State&, Scratch& s, int iteration) const {
    Measure now = measure_penalized(penalty, lipschitz, lane, s);
    now.miss = iteration == settings.descent_steps ? -1 : std::numeric_limits<double>::infinity();
    return now;
  }
  double patience() const { return std::numeric_limits<double>::infinity(); }
  void finish(const Lane<T>&, Measure&, Scratch&) const {}
};

}  // namespace

template <class T>
Encoding<T> gradient_descent(const Dictionary<T>& dictionary, Signals<T> signals,
                             const GradientDescentSettings& settings, const SparseCodes<T>* initial,
                             const Run& run) {
  constexpr std::string_view who = "gradient_descent";
  validate(who, settings);
  const FistaSettings part{.lambda = settings.lambda,
                           .lambda_relative = settings.lambda_relative,
                           .group_size = settings.group_size,
                           .tolerance = 0,
                           .max_iterations = settings.descent_steps,
                           .positive = settings.positive,
                           .penalty_weights = settings.penalty_weights};
  const PenalizedProblem problem = make_problem(who, dictionary, signals, part, initial);
  const auto penalty = make_penalty<T>(problem.group_size, problem.weights, problem.positive);
  const double eigenvalue = largest_eigenvalue(dictionary.matrix());
  const DescentStep<T> step{*penalty, eigenvalue > 0 ? eigenvalue : 1, settings};
  return Lockstep<T, DescentStep<T>>(dictionary, signals, problem, *penalty, step, initial)
      .solve(run);
}

#define STRIATE_INSTANTIATE(T)                                                                 \
  template Encoding<T> gradient_descent(const Dictionary<T>&, Signals<T>,                      \
                                        const GradientDescentSettings&, const SparseCodes<T>*, \
                                        const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
