#include "striate/pipelines/solver_comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "striate/catalog/convolutional_solvers.h"
#include "striate/convolutional/admm_reference.h"
#include "striate/core/timing.h"

namespace striate {
namespace {

constexpr int most_iterations = 1000;  // of the reference, its own default

// The rest of the whole time, or the share of one solver.
Run share_of(const Run& run, const Stopwatch& watch, double seconds, const std::string& name) {
  Run own{.observer = {}, .stop = run.stop, .threads = run.threads};
  own.max_seconds = std::min(seconds, std::max(run.max_seconds - watch.seconds(), 1e-9));
  if (run.observer)
    own.observer = [&run, &watch, name](const Progress& progress) {
      Progress told = progress;
      told.stage = name;
      told.seconds = watch.seconds();
      return run.observer(told);
    };
  return own;
}

ComparedSolver run_solver(const ConvolutionalSolverEntry& entry, const FilterBank<float>& bank,
                          const Image<float>& image, double lambda, double tolerance,
                          const Run& run) {
  ComparedSolver solver;
  solver.name = entry.name;
  auto result = encode_convolutional<float>(
      entry.name, bank, image.view(), {{"lambda", lambda}, {"tolerance", tolerance}}, {}, run);
  solver.info = std::move(result.info);
  solver.codes = std::move(result.codes);
  double best = std::numeric_limits<double>::infinity();
  for (const ConvolutionalTrace& row : solver.info.trace) {
    if (std::isnan(row.objective)) continue;
    best = std::min(best, row.objective);
    solver.seconds.push_back(row.seconds);
    solver.objectives.push_back(best);
  }
  solver.seconds.push_back(solver.info.seconds);
  solver.objectives.push_back(solver.info.objective);
  return solver;
}

ComparedSolver run_reference(const FilterBank<float>& bank, const Image<float>& image,
                             double lambda, const Run& run) {
  ComparedSolver solver;
  solver.name = "reference";
  const Stopwatch watch;
  double best = std::numeric_limits<double>::infinity();
  Run rest = run;
  std::vector<std::int64_t> ends;  // the last iterations of the runs
  for (int iterations = 1;; iterations = std::min(2 * iterations, most_iterations)) {
    rest.max_seconds = run.max_seconds - watch.seconds();
    ReferenceSettings settings{.lambda = lambda, .max_iterations = iterations, .rel_stop = 0};
    auto result = admm_reference<float>(bank, std::span(&image, 1), settings, rest);
    solver.info = std::move(result.info);
    solver.codes = std::move(result.codes.front());
    best = std::min(best, solver.info.objective);
    ends.push_back(std::ssize(solver.info.trace) - 1);
    solver.objectives.push_back(best);
    const bool cut = solver.info.status != Status::iteration_limit;
    // The next run is twice as long, and goes through all of this one again.
    const bool enough = watch.seconds() + 2 * solver.info.seconds > run.max_seconds;
    if (cut || enough || iterations == most_iterations) break;
  }
  for (const ConvolutionalTrace& row : solver.info.trace) {
    solver.seconds_x.push_back(row.seconds);
    solver.objectives_x.push_back(row.objective_x);
  }
  // All by the clock of the last run, which went through the iterations of those before. A run that
  // was cut short may be shorter than the one before.
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto last = std::ssize(solver.seconds_x) - 1;
    solver.seconds.push_back(solver.seconds_x[static_cast<std::size_t>(std::min(ends[i], last))]);
  }
  return solver;
}

void measure(ComparedSolver& solver, double bound) {
  const auto until = [&](double share) {
    for (std::size_t i = 0; i < solver.seconds.size(); ++i)
      if (solver.objectives[i] <= (1 + share) * bound) return solver.seconds[i];
    return std::numeric_limits<double>::quiet_NaN();
  };
  solver.to_tenth = until(0.1);
  solver.to_hundredth = until(0.01);
  solver.to_thousandth = until(0.001);
}

}  // namespace

const ComparedSolver* SolverComparison::find(const std::string& name) const {
  for (const ComparedSolver& solver : solvers)
    if (solver.name == name) return &solver;
  return nullptr;
}

SolverComparison compare_solvers(const Image<float>& image, const FilterModel<float>& model,
                                 const SolverComparisonSettings& settings, const Run& run) {
  validate("compare_solvers", settings);
  const Stopwatch watch;
  SolverComparison comparison;
  comparison.prepared = prepare_image(image, model.preparation);
  const Image<float>& seen = comparison.prepared.image;
  const FilterBank<float> bank = model.bank();
  const Run whole{.threads = run.threads};
  const auto problem = detail::make_problem<float>(
      "compare_solvers", bank, seen.view(), {.lambda = settings.lambda.value_or(1)}, {}, whole);
  comparison.lambda_max = lambda_max(problem, whole);
  if (!(comparison.lambda_max > 0))
    throw Error("compare_solvers: the image is zero for every filter; there is nothing to code");
  comparison.lambda = settings.lambda.value_or(settings.lambda_relative * comparison.lambda_max);

  const auto stopping = [&] {
    if (run.stop.stop_requested()) comparison.stopped = StopReason::stopped;
    else if (watch.seconds() >= run.max_seconds) comparison.stopped = StopReason::time_limit;
    return comparison.stopped != StopReason::none;
  };
  double bound = -std::numeric_limits<double>::infinity();
  if (!stopping())
    comparison.solvers.push_back(run_reference(
        bank, seen, comparison.lambda, share_of(run, watch, 2 * settings.seconds, "reference")));
  for (const ConvolutionalSolverEntry& entry : convolutional_solvers()) {
    if (stopping()) break;
    comparison.solvers.push_back(
        run_solver(entry, bank, seen, comparison.lambda, settings.tolerance,
                   share_of(run, watch, settings.seconds, std::string(entry.name))));
    const ConvolutionalInfo& info = comparison.solvers.back().info;
    if (std::isfinite(info.relative_gap))
      bound = std::max(bound, info.objective * (1 - info.relative_gap));
  }
  stopping();
  comparison.bound = bound;
  for (ComparedSolver& solver : comparison.solvers) measure(solver, bound);
  return comparison;
}

}  // namespace striate
