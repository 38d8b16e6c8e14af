#include "striate/convolutional/cd.h"

#include <algorithm>
#include <limits>

#include "striate/convolutional/detail/descent.h"
#include "striate/core/peak_bytes.h"
#include "striate/core/timing.h"

namespace striate {
namespace {

constexpr double path_factor = 0.6;
constexpr double loose = 0.3;  // on the path, entries may move by so much of their threshold
constexpr std::int64_t fewest = 2000;  // candidates that may join at once; else twice the set
// Stalled: so many iterations in which the gap did not fall by that factor.
constexpr int patience = 50;
constexpr double progress = 0.99;
constexpr int between_refreshes = 10;

}  // namespace

template <class T>
ConvolutionalResult<T> detail::descend(const ConvolutionalProblem<T>& problem,
                                       const CdSettings& settings,
                                       const ConvolutionalInputs<T>& inputs,
                                       const std::function<bool(const ConvolutionalInfo&)>& goes_on,
                                       const Run& run) {
  const Stopwatch watch;
  const PeakBytes peak;
  const Run whole{.threads = run.threads};  // a part of an iteration is none
  const double lambda = problem.lambda;
  Descent<T> descent(problem, inputs.initial, whole);
  ConvolutionalInfo info;
  info.method = "cd";
  info.status = Status::iteration_limit;
  RunState state(run, "coding", settings.max_iterations);
  const auto stopping = [&] { return state.stopping(); };
  double bound = inputs.dual.data ? dual_bound(problem, inputs.dual, whole)
                                  : -std::numeric_limits<double>::infinity();
  double value = 0, level = 0;
  // What the residual at hand says; candidates are collected for a level to come.
  const auto look = [&](double next) {
    const auto scan = descent.scan(next, whole);
    bound = std::max(
        bound, dual_bound(lambda, problem.positive, scan.product, scan.squares, scan.largest));
    value = scan.squares / 2 + lambda * scan.l1;
    return scan;
  };
  auto scan = look(lambda);
  level = inputs.initial ? lambda : std::max(lambda, path_factor * scan.largest);
  double best = value - bound;
  int best_at = 0;
  // A little less, for the certificate is taken from the code, without the rounding of the sweeps.
  const auto near_enough = [&] { return value - bound <= 0.98 * settings.tolerance * value; };
  while (!near_enough() && info.iterations < settings.max_iterations) {
    const double violation = scan.largest / level - 1;
    const double small =
        level > lambda ? loose : std::clamp(0.1 * violation, 0.05 * settings.tolerance, loose);
    const std::int64_t most = std::max(fewest, 2 * descent.entries());
    descent.grow(level, most);
    descent.sweep(level, small, settings.max_sweeps, stopping, whole);
    level = std::max(lambda, path_factor * level);
    ++info.iterations;
    if (info.iterations % between_refreshes == 0) descent.refresh(whole);
    scan = look(level);
    info.trace.push_back({.seconds = watch.seconds(),
                          .objective = value,
                          .data_fidelity = scan.squares / 2,
                          .l1 = scan.l1,
                          .gap = (value - bound) / value});
    info.relative_gap = (value - bound) / value;
    state.advance(1);
    const std::pair<std::string_view, double> told[] = {{"gap", (value - bound) / value}};
    state.report(told);
    if (state.stopping()) {
      info.status = state.reason() == StopReason::time_limit ? Status::time_limit : Status::stopped;
      break;
    }
    if (value - bound < progress * best || level > lambda) {
      best = std::min(best, value - bound);
      best_at = info.iterations;
    }
    if (info.iterations - best_at >= patience || (!near_enough() && !goes_on(info))) {
      info.status = Status::stalled;
      break;
    }
  }
  ConvolutionalResult<T> result{descent.codes(), std::move(info), {}};
  certify(problem, result.codes, bound, whole, result.info);
  if (result.info.relative_gap <= settings.tolerance) result.info.status = Status::converged;
  else if (near_enough()) result.info.status = Status::stalled;  // for all that rounding allows
  result.info.peak_bytes = peak.bytes() + result.codes.bytes();
  result.info.seconds = watch.seconds();
  return result;
}

template <class T>
ConvolutionalResult<T> cd(const FilterBank<T>& bank, ImageView<const T> image,
                          const CdSettings& settings, const ConvolutionalInputs<T>& inputs,
                          const Run& run) {
  const Stopwatch watch;
  validate("cd", settings);
  const auto problem =
      detail::make_problem("cd", bank, image, settings, inputs, {.threads = run.threads});
  auto result = detail::descend<T>(
      problem, settings, inputs, [](const ConvolutionalInfo&) { return true; }, run);
  result.info.seconds = watch.seconds();  // with what finds lambda_max
  return result;
}

#define STRIATE_INSTANTIATE(T)                                                                    \
  template ConvolutionalResult<T> detail::descend(                                                \
      const ConvolutionalProblem<T>&, const CdSettings&, const ConvolutionalInputs<T>&,           \
      const std::function<bool(const ConvolutionalInfo&)>&, const Run&);                          \
  template ConvolutionalResult<T> cd(const FilterBank<T>&, ImageView<const T>, const CdSettings&, \
                                     const ConvolutionalInputs<T>&, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
