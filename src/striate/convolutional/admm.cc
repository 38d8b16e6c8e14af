#include "striate/convolutional/admm.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "striate/convolutional/convolution.h"
#include "striate/convolutional/detail/admm_iteration.h"
#include "striate/convolutional/detail/data_split.h"
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

// Lets an iteration begin where it would stay if the code were optimal: y is the code, and rho u is
// lambda w sign y where y is not 0, elsewhere D'theta - gamma grad'grad y as far as +-lambda w allows;
// all of it where no atom may be. `y` and theta = omega (s - D y) are on the grid.
template <class T>
void begin_at(const ConvolutionalCodes<T>& y, ImageView<const T> theta,
              const ConvolutionalProblem<T>& p, double rho, const Run& run,
              detail::AdmmIteration<T>& iteration) {
  const MapShape& grid = y.shape();
  const Matrix<T> maps = detail::maps_by_position(y);
  correlate<T>(p.bank, theta, grid, run, [&](std::int64_t row, MatrixView<T> c, int) {
    if (p.gradient_weight > 0) detail::subtract_gradient<T>(p.gradient_weight, grid, maps, row, c);
    for (std::int64_t column = 0; column < c.columns; ++column)
      for (std::int64_t k = 0; k < c.rows; ++k) {
        T& rho_u = c(k, column);
        const T at = maps(k, row * c.columns + column);
        if (row < p.shape.rows() && column < p.shape.columns()) {
          const T limit = static_cast<T>(p.lambda * p.weight(k, row, column));
          rho_u = at != T(0)   ? std::copysign(limit, at)
                  : p.positive ? std::min(rho_u, limit)
                               : std::clamp(rho_u, -limit, limit);
        }
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
  const auto problem = detail::make_problem("admm", bank, image, settings, inputs, whole);
  const double lambda = problem.lambda, gamma = problem.gradient_weight;
  ConvolutionalResult<T> result{
      inputs.initial ? *inputs.initial : ConvolutionalCodes<T>(problem.shape),
      {},
      Image<T>(inputs.dual.data ? inputs.dual : problem.image)};
  ConvolutionalInfo& info = result.info;
  info.method = "admm";
  double least = objective(problem, result.codes, whole);
  double bound = dual_bound<T>(problem, result.dual, whole);
  double own_bound = bound;  // as the iterations' rounded correlations have it
  Matrix<T> gradients;  // the maps that go with the dual image, if their gradients have a weight
  const auto near_enough = [&](double b) { return least - b <= settings.tolerance * least; };

  detail::DataSplit<T> data(problem);
  const auto norms = bank.squared_norms();
  const double rho = settings.rho * data.mean_weight() *
                     std::accumulate(norms.begin(), norms.end(), 0.0) /
                     static_cast<double>(bank.filters());
  const detail::Spectra<T> spectra(bank, data.grid().rows(), data.grid().columns(), whole);
  detail::AdmmIteration<T> iteration(spectra, problem.shape, data.target(), problem.weights,
                                     problem.position_weights, gamma / data.rho(), problem.positive,
                                     gamma > 0, whole);
  if (inputs.initial && rho > 0) {
    const auto y = data.on_grid(*inputs.initial);
    begin_at<T>(y, data.begin(y, whole), problem, rho, whole, iteration);
  }
  RunState state(run, "coding", settings.max_iterations);
  while (!near_enough(bound) && info.iterations < settings.max_iterations && rho > 0) {
    if (data.weighted()) iteration.set_image(data.target());
    const auto sums = iteration.step(rho / data.rho(), relaxation, lambda / data.rho(), whole);
    ++info.iterations;
    const bool checks =
        info.iterations % between_checks == 0 || info.iterations == settings.max_iterations;
    // With weights it is not the iteration that knows s - D x and its correlations.
    Image<T> residual;
    double squares = sums.residual, here = own_bound;
    if (data.weighted()) {
      residual = data.step(iteration.residual(), relaxation);
      squares = data.squares();
      if (checks)
        here = dual_bound<T>(problem, residual, whole,
                             gamma > 0 ? by_position(iteration.x()) : Matrix<T>());
    } else {
      here = dual_bound(lambda, problem.positive, sums.product, squares + gamma * sums.gradient,
                        sums.largest);
    }
    if (here > own_bound) {
      own_bound = here;
      result.dual = data.weighted() ? std::move(residual) : iteration.residual();
      if (gamma > 0) gradients = by_position(iteration.x());
    }
    ConvolutionalTrace trace{
        .seconds = watch.seconds(),
        .objective_x = (squares + gamma * sums.gradient) / 2 + lambda * sums.l1_x,
        .data_fidelity = squares / 2,
        .l1 = sums.l1_x,
        .primal = std::sqrt(sums.x_minus_y),
        .dual = rho * std::sqrt(sums.y_change),
        .rho = rho};
    if (checks) {
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
