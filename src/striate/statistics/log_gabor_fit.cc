#include "striate/statistics/log_gabor_fit.h"

#include <ceres/numeric_diff_cost_function.h>
#include <ceres/problem.h>
#include <ceres/solver.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <span>

#include "striate/core/parallel.h"
#include "striate/linalg/kernels.h"

namespace striate {
namespace {

using std::numbers::pi;
using Taps = std::vector<double>;

// What the solver varies: orientation, logarithms of bandwidth and frequency.
using Point = std::array<double, 3>;

// The plane spanned by the even and the odd filter of a place, both without their means.
struct Plane2 {
  Taps even, odd;       // orthonormal; zeros where there is nothing new
  double e = 0, o = 0;  // even filter = e even;  odd filter = eo even + o odd
  double eo = 0;
  double along_even(const Taps& x) const {
    return dot<double>(std::ssize(x), even.data(), x.data());
  }
  double along_odd(const Taps& x) const { return dot<double>(std::ssize(x), odd.data(), x.data()); }
};

void centre(Taps& x) {
  double mean = 0;
  for (const double value : x) mean += value / static_cast<double>(x.size());
  for (double& value : x) value -= mean;
}

// Divides by the norm, which is returned; 0 and zeros if it is not above `nothing`.
double normalize(Taps& x, double nothing) {
  const double norm = std::sqrt(dot<double>(std::ssize(x), x.data(), x.data()));
  for (double& value : x) value = norm > nothing ? value / norm : 0;
  return norm > nothing ? norm : 0;
}

Plane2 plane(const LogGaborPairs& pairs, const LogGaborPlace& place) {
  const auto taps = static_cast<std::size_t>(pairs.taps());
  Plane2 p{.even = Taps(taps), .odd = Taps(taps)};
  const double bound = pairs.make(place, p.even.data(), p.odd.data());
  const double nothing = 1e-12 * bound * std::sqrt(static_cast<double>(taps));
  centre(p.even);
  centre(p.odd);
  p.e = normalize(p.even, nothing);
  p.eo = p.along_even(p.odd);
  axpy(pairs.taps(), -p.eo, p.even.data(), p.odd.data());
  p.o = normalize(p.odd, nothing);
  return p;
}

// All that a call shares between filters.
struct Task {
  LogGaborPairs pairs;
  Point low, high;  // bounds; those of theta are not binding
  bool frequency_fixed;
  bool jumps;  // filters do not depend on theta continuously

  LogGaborPlace place(const Point& p) const { return {p[0], std::exp(p[1]), std::exp(p[2])}; }
};

// Candidates on an even grid of theta, ln B and ln f0.
struct Candidates {
  std::int64_t thetas = 60, bandwidths = 9, frequencies = 8;
  Point low, high;

  explicit Candidates(const Task& task) : low(task.low), high(task.high) {
    if (task.frequency_fixed) frequencies = 1;
  }
  std::int64_t per_theta() const { return bandwidths * frequencies; }
  std::int64_t size() const { return thetas * per_theta(); }
  Point at(std::int64_t i) const {
    const auto part = [&](std::size_t which, std::int64_t k, std::int64_t n) {
      return n == 1 ? low[which]
                    : low[which] + (high[which] - low[which]) * static_cast<double>(k) /
                                       static_cast<double>(n - 1);
    };
    return {pi * static_cast<double>(i / per_theta()) / static_cast<double>(thetas),
            part(1, i / frequencies % bandwidths, bandwidths),
            part(2, i % frequencies, frequencies)};
  }
  // Whether none beside it is better.
  bool peak(const double* quality, std::int64_t i) const {
    const std::int64_t t = i / per_theta(), b = i / frequencies % bandwidths, f = i % frequencies;
    for (std::int64_t dt = -1; dt <= 1; ++dt)
      for (std::int64_t db = -1; db <= 1; ++db)
        for (std::int64_t df = -1; df <= 1; ++df) {
          if (b + db < 0 || b + db >= bandwidths || f + df < 0 || f + df >= frequencies) continue;
          const std::int64_t other =
              ((t + dt + thetas) % thetas * bandwidths + b + db) * frequencies + f + df;
          if (quality[other] > quality[i]) return false;
        }
    return true;
  }
};

// The squared correlation of every candidate (rows) with every filter of norm 1 (columns).
Matrix<double> qualities(const Task& task, const Candidates& candidates,
                         const std::vector<Taps>& filters, RunState& state) {
  Matrix<double> quality(candidates.size(), std::ssize(filters));
  parallel_for(
      candidates.thetas,
      [&](std::int64_t t, int) {
        for (std::int64_t i = t * candidates.per_theta(); i < (t + 1) * candidates.per_theta();
             ++i) {
          const Plane2 p = plane(task.pairs, task.place(candidates.at(i)));
          for (std::size_t k = 0; k < filters.size(); ++k) {
            const double a = p.along_even(filters[k]), b = p.along_odd(filters[k]);
            quality(i, static_cast<std::int64_t>(k)) = a * a + b * b;
          }
        }
      },
      state);
  return quality;
}

// The highest peaks among the candidates, at most `count`.
std::vector<Point> starts(const Candidates& candidates, std::span<const double> quality,
                          std::size_t count) {
  std::vector<std::int64_t> peaks;
  for (std::int64_t i = 0; i < candidates.size(); ++i)
    if (candidates.peak(quality.data(), i)) peaks.push_back(i);
  std::ranges::stable_sort(peaks, std::greater<>(),
                           [&](std::int64_t i) { return quality[static_cast<std::size_t>(i)]; });
  std::vector<Point> points;
  for (std::size_t i = 0; i < std::min(count, peaks.size()); ++i)
    points.push_back(candidates.at(peaks[i]));
  return points;
}

// What the plane leaves of a filter.
struct Residual {
  const Task& task;
  const Taps& filter;
  bool operator()(const double* theta, const double* bandwidth, const double* frequency,
                  double* left) const {
    const Plane2 p = plane(task.pairs, task.place({*theta, *bandwidth, *frequency}));
    std::copy(filter.begin(), filter.end(), left);
    axpy(task.pairs.taps(), -p.along_even(filter), p.even.data(), left);
    axpy(task.pairs.taps(), -p.along_odd(filter), p.odd.data(), left);
    return true;
  }
};

// Half the squared rest at the end; `p` becomes the end.
double descend(const Task& task, const Taps& filter, bool theta_fixed, Point& p) {
  using Cost = ceres::NumericDiffCostFunction<Residual, ceres::CENTRAL, ceres::DYNAMIC, 1, 1, 1>;
  ceres::Problem problem;
  problem.AddResidualBlock(
      new Cost(new Residual{task, filter}, ceres::TAKE_OWNERSHIP, static_cast<int>(filter.size())),
      nullptr, &p[0], &p[1], &p[2]);
  if (theta_fixed) problem.SetParameterBlockConstant(&p[0]);
  for (const std::size_t which : {1u, 2u}) {
    if (which == 2 && task.frequency_fixed) {
      problem.SetParameterBlockConstant(&p[2]);
      continue;
    }
    problem.SetParameterLowerBound(&p[which], 0, task.low[which]);
    problem.SetParameterUpperBound(&p[which], 0, task.high[which]);
  }
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.logging_type = ceres::SILENT;
  options.num_threads = 1;
  options.max_num_iterations = 60;
  options.function_tolerance = 1e-10;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  return summary.final_cost;
}

// The fit whose place is found. `filter` has mean 0.
LogGaborFit at_place(const Task& task, const Taps& filter, Point p) {
  const auto near = [](double a, double b) { return std::abs(a - b) < 1e-4; };
  LogGaborFit fit;
  p[0] -= pi * std::floor(p[0] / pi);
  if (pi - p[0] < 1e-9) p[0] = 0;  // below 0 by rounding
  const LogGaborPlace place = task.place(p);
  fit.theta = place.theta;
  fit.bandwidth = place.bandwidth;
  fit.frequency = place.frequency;
  fit.bandwidth_at_bound = near(p[1], task.low[1]) || near(p[1], task.high[1]);
  fit.frequency_at_bound =
      !task.frequency_fixed && (near(p[2], task.low[2]) || near(p[2], task.high[2]));

  const Plane2 basis = plane(task.pairs, place);
  const double x = basis.along_even(filter), y = basis.along_odd(filter);
  fit.correlation =
      std::min(1.0, std::hypot(x, y) /
                        std::sqrt(dot<double>(task.pairs.taps(), filter.data(), filter.data())));
  const double b = basis.o > 0 ? y / basis.o : 0;
  const double a = basis.e > 0 ? (x - b * basis.eo) / basis.e : 0;
  fit.phase = std::atan2(b, a);
  if (fit.phase == -pi) fit.phase = pi;
  Taps mixed(filter.size()), odd(filter.size());
  task.pairs.make(place, mixed.data(), odd.data());
  for (std::size_t i = 0; i < mixed.size(); ++i)
    mixed[i] = std::cos(fit.phase) * mixed[i] + std::sin(fit.phase) * odd[i];
  const double scale = task.pairs.ready(mixed.data(), 0);
  fit.amplitude = scale > 0 ? std::hypot(a, b) / scale : 0;
  return fit;
}

LogGaborFit fit_one(const Task& task, const Candidates& candidates, const Taps& filter,
                    std::span<const double> quality) {
  Point best{};
  double lowest = std::numeric_limits<double>::infinity();
  const auto keep = [&](Point p, bool theta_fixed) {
    const double end = descend(task, filter, theta_fixed, p);
    if (end >= lowest) return;
    lowest = end;
    best = p;
  };
  for (const Point& start : starts(candidates, quality, 4)) {
    keep(start, false);
    // Odd filters of the paper jump where a frequency of the grid is at right angles to theta, as
    // at 0, 45 and 90 degrees: no slope leads there, but candidates have these angles.
    if (task.jumps) keep(start, true);
  }
  return at_place(task, filter, best);
}

Task task_for(const char* who, std::int64_t height, std::int64_t width,
              const LogGaborFitSettings& s) {
  validate(who, s);
  if (!(s.min_bandwidth < s.max_bandwidth))
    throw Error(who, ": bandwidths from ", s.min_bandwidth, " to ", s.max_bandwidth,
                " degrees; the first must be below the second");
  if (height < 4 || width < 4)
    throw Error(who, ": filters of ", height, " x ", width, " taps; at least 4 x 4 are needed");
  const double slowest = 0.5 / static_cast<double>(std::max(height, width));
  return {LogGaborPairs(s.convention, height, width, s.frequency_spread),
          {0, std::log(s.min_bandwidth * pi / 180), std::log(s.frequency.value_or(slowest))},
          {pi, std::log(s.max_bandwidth * pi / 180), std::log(s.frequency.value_or(0.5))},
          s.frequency.has_value(),
          s.convention == LogGaborConvention::paper};
}

}  // namespace

template <class T>
std::vector<LogGaborFit> fit_log_gabor(MatrixView<const T> filters, std::int64_t height,
                                       std::int64_t width, const LogGaborFitSettings& settings,
                                       const Run& run) {
  const Task task = task_for("fit_log_gabor", height, width, settings);
  if (filters.rows != height * width)
    throw Error("fit_log_gabor: filters of ", filters.rows, " taps; ", height, " x ", width,
                " are ", height * width);
  std::vector<LogGaborFit> fits(static_cast<std::size_t>(filters.columns));
  // Those that are not constant, with mean 0 and norm 1.
  std::vector<std::size_t> which;
  std::vector<Taps> shapes;
  std::vector<double> norms;
  for (std::int64_t k = 0; k < filters.columns; ++k) {
    const auto given = filters.column(k);
    if (!std::ranges::all_of(given, [](T x) { return std::isfinite(x); }))
      throw Error("fit_log_gabor: filter ", k,
                  " has a tap that is not finite; all must be numbers");
    if (std::ranges::all_of(given, [&](T x) { return x == given[0]; })) continue;
    Taps shape(given.begin(), given.end());
    centre(shape);
    which.push_back(static_cast<std::size_t>(k));
    norms.push_back(normalize(shape, 0));
    shapes.push_back(std::move(shape));
  }
  RunState state(run, "fit_log_gabor", std::ssize(shapes));
  const Candidates candidates(task);
  const Matrix<double> quality = qualities(task, candidates, shapes, state);
  if (state.stopping()) return fits;
  parallel_for(
      std::ssize(shapes),
      [&](std::int64_t i, int) {
        const auto at = static_cast<std::size_t>(i);
        LogGaborFit& fit = fits[which[at]];
        fit = fit_one(task, candidates, shapes[at], quality.column(i));
        fit.amplitude *= norms[at];
        state.advance(1);
      },
      state);
  return fits;
}

std::vector<double> log_gabor_filter(const LogGaborFit& fit, std::int64_t height,
                                     std::int64_t width, const LogGaborFitSettings& settings) {
  const Task task = task_for("log_gabor_filter", height, width, settings);
  Taps taps(static_cast<std::size_t>(height * width)), odd(taps.size());
  if (fit.amplitude == 0) return taps;
  if (!(fit.bandwidth > 0 && fit.frequency > 0))
    throw Error("log_gabor_filter: bandwidth is ", fit.bandwidth, " and frequency ", fit.frequency,
                "; both must be above 0");
  task.pairs.make({fit.theta, fit.bandwidth, fit.frequency}, taps.data(), odd.data());
  for (std::size_t i = 0; i < taps.size(); ++i)
    taps[i] = std::cos(fit.phase) * taps[i] + std::sin(fit.phase) * odd[i];
  task.pairs.ready(taps.data(), 0);
  for (double& x : taps) x *= fit.amplitude;
  return taps;
}

template std::vector<LogGaborFit> fit_log_gabor(MatrixView<const float>, std::int64_t, std::int64_t,
                                                const LogGaborFitSettings&, const Run&);
template std::vector<LogGaborFit> fit_log_gabor(MatrixView<const double>, std::int64_t,
                                                std::int64_t, const LogGaborFitSettings&,
                                                const Run&);

}  // namespace striate
