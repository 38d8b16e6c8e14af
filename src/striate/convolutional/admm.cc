#include "striate/convolutional/admm.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "striate/convolutional/convolution.h"
#include "striate/convolutional/detail/admm_iteration.h"
#include "striate/convolutional/detail/map_gradient.h"

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

// s - D y
template <class T>
Image<T> residual(const ConvolutionalProblem<T>& p, const ConvolutionalCodes<T>& codes,
                  const Run& run) {
  const Image<double> model = synthesize<double>(p.bank, codes, run);
  Image<T> r(p.image);
  for (std::int64_t i = 0; i < r.size(); ++i) r.data()[i] -= static_cast<T>(model.data()[i]);
  return r;
}

// Lets an iteration begin where it would stay if the code were optimal: y is the code, and rho u is
// lambda w sign y where y is not 0, elsewhere D'r - gamma grad'grad y as far as +-lambda w allows;
// all of it where no atom may be.
template <class T>
void begin_at(const ConvolutionalCodes<T>& codes, const ConvolutionalProblem<T>& p, double rho,
              const Run& run, detail::AdmmIteration<T>& iteration) {
  const MapShape& s = p.shape;
  const Matrix<T> y = detail::maps_by_position(codes);
  const Image<T> r = residual(p, codes, run);
  const MapShape grid = p.bank.maps(s.image_rows, s.image_columns, Boundary::circular);
  correlate<T>(p.bank, r, grid, run, [&](std::int64_t row, MatrixView<T> c, int) {
    if (p.gradient_weight > 0) detail::subtract_gradient<T>(p.gradient_weight, s, y, row, c);
    for (std::int64_t column = 0; column < c.columns; ++column)
      for (std::int64_t k = 0; k < c.rows; ++k) {
        if (row >= s.rows() || column >= s.columns()) {
          c(k, column) /= static_cast<T>(rho);
          continue;
        }
        const T at = y(k, row * s.columns() + column),
                limit = static_cast<T>(p.lambda * p.weight(k, row, column));
        const T rho_u = at != T(0)   ? std::copysign(limit, at)
                        : p.positive ? std::min(c(k, column), limit)
                                     : std::clamp(c(k, column), -limit, limit);
        c(k, column) = at + rho_u / static_cast<T>(rho);
      }
    iteration.set_row(row, c);
  });
  iteration.set_threshold(p.lambda / rho);
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
  const auto problem = detail::make_problem("admm", bank, image, settings, inputs, whole);
  const auto* initial = inputs.initial;
  ConvolutionalResult<T> result{initial ? *initial : ConvolutionalCodes<T>(problem.shape),
                                {},
                                Image<T>(inputs.dual.data ? inputs.dual : image)};
  ConvolutionalInfo& info = result.info;
  info.method = "admm";
  const double gamma = problem.gradient_weight;
  Matrix<T> gradients;  // the maps that go with the dual image, if their gradients have a weight
  if (initial && !inputs.dual.data) {
    result.dual = residual(problem, *initial, whole);
    if (gamma > 0) gradients = detail::maps_by_position(*initial);
  }
  double least = objective(problem, result.codes, whole);
  double bound = dual_bound<T>(problem, result.dual, whole, gradients);
  double own_bound = bound;  // as the iterations' rounded correlations have it
  const auto near_enough = [&](double b) { return least - b <= settings.tolerance * least; };

  const auto norms = bank.squared_norms();
  const double rho = settings.rho * std::accumulate(norms.begin(), norms.end(), 0.0) /
                     static_cast<double>(bank.filters());
  const detail::Spectra<T> spectra(bank, image.rows, image.columns, whole);
  detail::AdmmIteration<T> iteration(spectra, problem.shape, image, problem.weights,
                                     problem.position_weights, gamma, problem.positive, gamma > 0,
                                     whole);
  if (initial) begin_at(*initial, problem, rho, whole, iteration);
  RunState state(run, "coding", settings.max_iterations);
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
    if (state.stopping()) break;
  }
  bound = std::max(bound, dual_bound<T>(problem, result.dual, whole, gradients));
  detail::finish(problem, bound, settings.tolerance, state, watch, peak, whole, result);
  return result;
}

#define STRIATE_INSTANTIATE(T)                                                             \
  template ConvolutionalResult<T> admm(const FilterBank<T>&, ImageView<const T>,           \
                                       const AdmmSettings&, const ConvolutionalInputs<T>&, \
                                       const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
