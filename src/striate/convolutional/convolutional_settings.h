// What all convolutional solvers are asked.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "striate/convolutional/certificate.h"
#include "striate/convolutional/convolutional_info.h"
#include "striate/core/settings.h"

namespace striate {

struct ConvolutionalSettings {
  std::optional<double> lambda = {};
  std::optional<double> lambda_relative = {};
  Boundary boundary = Boundary::circular;
  double tolerance = 1e-2;
  int max_iterations = 1000;
  bool positive = false;
  std::vector<double> penalty_weights = {};  // empty: all 1; else one above 0 per filter

  static void describe(auto& s, auto&& visit) {
    visit(s.lambda, {.name = "lambda",
                     .python = "lam",
                     .range = above(0),
                     .unit = "that of the image times that of the filters",
                     .sentence = "Weight of the penalty."});
    visit(s.lambda_relative,
          {.name = "lambda_relative",
           .python = "lam_relative",
           .range = above(0),
           .unit = "lambda_max",
           .sentence = "The same, as a fraction of the smallest lambda for which "
                       "the whole code is zero."});
    visit(s.boundary,
          {.name = "boundary",
           .sentence = "circular: atoms wrap around; inside: none crosses the border; "
                       "linear: atoms hang over, and what hangs over counts for nothing."});
    visit(s.tolerance, {.name = "tolerance",
                        .range = at_least(0),
                        .unit = "relative duality gap",
                        .sentence = "A code is done when its gap is at most this."});
    visit(s.max_iterations, {.name = "max_iterations",
                             .range = at_least(1),
                             .sentence = "Limit for the iterations of the solver."});
    visit(s.positive, {.name = "positive", .sentence = "Codes are at least 0."});
    visit(s.penalty_weights, {.name = "penalty_weights",
                              .range = above(0),
                              .sentence = "Factors of lambda, one per filter; none: all 1."});
  }
};

template <class T>
struct ConvolutionalResult {
  ConvolutionalCodes<T> codes;
  ConvolutionalInfo info;
  // A multiple of it bounds the optimum as the gap says (certificate.h). Empty: not kept, by cd.
  Image<T> dual;
};

namespace detail {

// The settings' problem, checked. Error, beginning with `who`: settings out of range, sizes that do
// not fit, an image that is not finite, data weights of another shape, below 0 or not finite.
template <class T>
ConvolutionalProblem<T> make_problem(std::string_view who, const FilterBank<T>& bank,
                                     ImageView<const T> image,
                                     const ConvolutionalSettings& settings, const Run& run,
                                     ImageView<const T> data_weights = {});

}  // namespace detail
}  // namespace striate
