#include "striate/convolutional/admm.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "striate/convolutional/detail/admm_iteration.h"
#include "striate/core/peak_bytes.h"
#include "striate/core/timing.h"

namespace striate {
namespace {

// Maps as filters x positions, from maps as columns.
template <class T>
Matrix<T> by_position(const Matrix<T>& maps) {
  Matrix<T> turned(maps.columns(), maps.rows());
  for (std::int64_t k = 0; k < maps.columns(); ++k)
    for (std::int64_t p = 0; p < maps.rows(); ++p) turned(k, p) = maps(p, k);
  return turned;
}

}  // namespace

template <class T>
ConvolutionalResult<T> admm(const FilterBank<T>& bank, ImageView<const T> image,
                            const AdmmSettings& settings, const ConvolutionalInputs<T>& inputs,
                            const Run& run) {
  constexpr double relaxation = 1.8;
  constexpr int between_checks = 5;
  validate("admm", settings);
  const Stopwatch watch;
  const PeakBytes peak;
  const Run whole{.threads = run.threads};  // a part of an iteration is none
  if (settings.boundary == Boundary::linear)
    throw Error("admm: boundary is linear; circular and inside are allowed, cd has all three");
  if (inputs.data_weights.data)
    throw Error("admm: data_weights are given; cd, pgm and ssnal take them");
  if (inputs.penalty_weights.data)
    throw Error("admm: penalty_weights by position are given; cd, pgm and ssnal take them");
  if (inputs.initial) throw Error("admm: initial is given; cd, pgm and ssnal take it");
  if (inputs.dual.data) throw Error("admm: dual is given; cd, pgm and ssnal take it");
  const auto problem = detail::make_problem("admm", bank, image, settings, inputs, whole);
  ConvolutionalResult<T> result{ConvolutionalCodes<T>(problem.shape), {}, Image<T>(image)};
  ConvolutionalInfo& info = result.info;
  info.method = "admm";
  // The zero code, and the bound that the image itself gives.
  double least = objective(problem, result.codes, whole), bound = dual_bound(problem, image, whole);
  Matrix<T> gradients;  // the maps that go with the dual image, if their gradients have a weight
  double own_bound = bound;  // as the iterations' rounded correlations have it
  const auto near_enough = [&](double b) { return least - b <= settings.tolerance * least; };

  const auto norms = bank.squared_norms();
  const double rho = settings.rho * std::accumulate(norms.begin(), norms.end(), 0.0) /
                     static_cast<double>(bank.filters());
  const detail::Spectra<T> spectra(bank, image.rows, image.columns, whole);
  const double gamma = problem.gradient_weight;
  detail::AdmmIteration<T> iteration(spectra, problem.shape, image, problem.weights, gamma,
                                     problem.positive, gamma > 0, whole);
  RunState state(run, "coding", settings.max_iterations);
  info.status = Status::iteration_limit;
  while (!near_enough(bound) && info.iterations < settings.max_iterations && rho > 0) {
    const auto sums = iteration.step(rho, relaxation, problem.lambda, whole);
    ++info.iterations;
    const double squares = sums.residual + gamma * sums.gradient;
    const double here =
        dual_bound(problem.lambda, problem.positive, sums.product, squares, sums.largest);
    if (here > own_bound) {
      own_bound = here;
      result.dual = iteration.residual();
      if (gamma > 0) gradients = by_position(iteration.x());
    }
    ConvolutionalTrace trace{.seconds = watch.seconds(),
                             .objective_x = squares / 2 + problem.lambda * sums.l1_x,
                             .data_fidelity = sums.residual / 2,
                             .l1 = sums.l1_x,
                             .primal = std::sqrt(sums.x_minus_y),
                             .dual = rho * std::sqrt(sums.y_change),
                             .rho = rho};
    if (info.iterations % between_checks == 0 || info.iterations == settings.max_iterations) {
      auto codes = iteration.codes(whole);
      trace.objective = objective(problem, codes, whole);
      if (trace.objective < least) {
        least = trace.objective;
        result.codes = std::move(codes);
      }
      trace.gap = (least - own_bound) / least;
      // What rounding left to the bound is measured in space before it counts.
      if (near_enough(own_bound))
        bound = std::max(bound, dual_bound<T>(problem, result.dual, whole, gradients));
    }
    info.trace.push_back(trace);
    state.advance(1);
    const std::pair<std::string_view, double> told[] = {{"gap", (least - own_bound) / least}};
    state.report(told);
    if (state.stopping()) {
      info.status = state.reason() == StopReason::time_limit ? Status::time_limit : Status::stopped;
      break;
    }
  }
  bound = std::max(bound, dual_bound<T>(problem, result.dual, whole, gradients));
  certify(problem, result.codes, bound, whole, info);
  if (info.relative_gap <= settings.tolerance) info.status = Status::converged;
  info.peak_bytes = peak.bytes() + result.codes.bytes();
  info.seconds = watch.seconds();
  return result;
}

#define STRIATE_INSTANTIATE(T)                                                             \
  template ConvolutionalResult<T> admm(const FilterBank<T>&, ImageView<const T>,           \
                                       const AdmmSettings&, const ConvolutionalInputs<T>&, \
                                       const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
