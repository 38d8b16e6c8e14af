// The convolutional solvers beside the reference iteration on one image: how fast each comes down to
// the optimum, which the best of all lower bounds tells from below. `striate demo convolutional`.
#pragma once

#include <string>
#include <vector>

#include "striate/convolutional/convolutional_settings.h"
#include "striate/core/observer.h"
#include "striate/pipelines/filter_model.h"

namespace striate {

struct SolverComparisonSettings {
  std::optional<double> lambda = {};
  double lambda_relative = 0.05;
  double tolerance = 1e-3;
  double seconds = 5;

  static void describe(auto& s, auto&& visit) {
    visit(s.lambda, {.name = "lambda",
                     .python = "lam",
                     .range = above(0),
                     .unit = "that of the image times that of the filters",
                     .sentence = "Weight of the penalty; not given: lambda_relative says it."});
    visit(s.lambda_relative,
          {.name = "lambda_relative",
           .python = "lam_relative",
           .range = above(0),
           .unit = "lambda_max",
           .sentence = "The same, as a fraction of the smallest lambda for which the whole code is "
                       "zero."});
    visit(s.tolerance, {.name = "tolerance",
                        .range = at_least(0),
                        .unit = "relative duality gap",
                        .sentence = "A solver is done when its gap is at most this."});
    visit(s.seconds, {.name = "seconds",
                      .range = above(0),
                      .unit = "seconds",
                      .sentence = "Most that a solver may take, and the reference twice."});
  }
};

// A solver's way. Of the reference there are two curves: the objective of x, which SPORCO prints and
// which is not sparse, at every iteration, and that of y, the code that it returns, at iterations 1,
// 2, 4, ...
struct ComparedSolver {
  std::string name;                             // "cd", "reference"
  std::vector<double> seconds, objectives;      // of the code at hand, the best so far
  std::vector<double> seconds_x, objectives_x;  // reference
  ConvolutionalInfo info;
  ConvolutionalCodes<float> codes;
  // Seconds until the objective was within 10, 1 and 0.1 per cent of the bound; NaN: never.
  double to_tenth = 0, to_hundredth = 0, to_thousandth = 0;
};

struct SolverComparison {
  PreparedImage<float> prepared;
  double lambda = 0, lambda_max = 0;
  double bound = 0;                     // no code whatever has a lower objective
  std::vector<ComparedSolver> solvers;  // the reference first; those that were reached
  StopReason stopped = StopReason::none;

  const ComparedSolver* find(const std::string& name) const;
};

// Runs the reference iteration and every solver of the catalogue, one after the other. Error: as
// prepare_image and the solvers; an image of which no filter is seen.
SolverComparison compare_solvers(const Image<float>& image, const FilterModel<float>& model,
                                 const SolverComparisonSettings& settings = {},
                                 const Run& run = {});

}  // namespace striate
