// What all convolutional solvers are asked.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "striate/convolutional/certificate.h"
#include "striate/convolutional/convolutional_info.h"
#include "striate/core/peak_bytes.h"
#include "striate/core/settings.h"
#include "striate/core/timing.h"

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

// Of the solvers that also take a penalty on the gradients of the maps.
struct GradientWeightSettings : ConvolutionalSettings {
  std::optional<double> gradient_weight = {};  // not given: 0

  static void describe(auto& s, auto&& visit) {
    ConvolutionalSettings::describe(s, visit);
    visit(
        s.gradient_weight,
        {.name = "gradient_weight",
         .range = at_least(0),
         .unit = "squared norm of the filters",
         .sentence = "Weight gamma of gamma/2 sum_k |grad x_k|^2, differences of neighbours in the "
                     "maps; boundary circular only."});
  }
};

// What may come with an image besides its values. A solver refuses by name what it has no use for.
template <class T>
struct ConvolutionalInputs {
  // omega, as many as values of the image, at least 0: 1/2 sum omega (s - D x)^2 stands for
  // 1/2 |s - D x|^2. 0 and 1 are a mask. Where one is 0 the image may hold anything, NaN too.
  ImageView<const T> data_weights = {};
  // Factors of lambda by position, above 0: maps in C order as columns, as ConvolutionalCodes has them
  // in to_dense. They multiply the settings' own, which are by filter.
  MatrixView<const T> penalty_weights = {};
  // Codes to begin with, of this image's maps.
  const ConvolutionalCodes<T>* initial = nullptr;
  // An image whose multiples bound the optimum: ConvolutionalResult::dual of another solver.
  ImageView<const T> dual = {};
};

template <class T>
struct ConvolutionalResult {
  ConvolutionalCodes<T> codes;
  ConvolutionalInfo info;
  // A multiple of it bounds the optimum as the gap says (certificate.h). Empty: not kept, by cd.
  Image<T> dual;
};

namespace detail {

// The settings' problem, checked with all inputs. Error, beginning with `who`: settings out of range,
// sizes that do not fit, an image that is not finite where it counts, data weights below 0 or not
// finite, penalty weights not above 0 or not finite, an initial code of other maps or, if positive,
// with values below 0.
template <class T>
ConvolutionalProblem<T> make_problem(std::string_view who, const FilterBank<T>& bank,
                                     ImageView<const T> image,
                                     const ConvolutionalSettings& settings,
                                     const ConvolutionalInputs<T>& inputs, const Run& run);
// Error: also a gradient weight with another boundary than circular.
template <class T>
ConvolutionalProblem<T> make_problem(std::string_view who, const FilterBank<T>& bank,
                                     ImageView<const T> image,
                                     const GradientWeightSettings& settings,
                                     const ConvolutionalInputs<T>& inputs, const Run& run);

// The end of a solver: certifies the result, by the better of `bound` and what its own residual gives,
// and notes what it took. It is converged if its gap is at most `tolerance`; if not, the state says
// why, or it was the limit of iterations.
template <class T>
void finish(const ConvolutionalProblem<T>& problem, double bound, double tolerance,
            const RunState& state, const Stopwatch& watch, const PeakBytes& peak, const Run& run,
            ConvolutionalResult<T>& result);

}  // namespace detail
}  // namespace striate
