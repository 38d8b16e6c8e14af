// Problem    min 1/2 |sum_k d_k * x_k - s|^2 + lambda sum_k w_k |x_k|_1, as the ConvBPDN of SPORCO
//            poses and iterates it: for the results of others to be met number by number
// Update     detail/admm_iteration.h; then, with r and q the relative residuals |x - y| /
//            max(|x|, |y|) and rho |y_old - y| / (rho |u|): if r > xi q mu, rho <- m rho, u <- u / m,
//            else if q > r mu / xi, rho <- rho / m, u <- m u, with m = sqrt(r / (xi q)) or its inverse,
//            at least 1 and at most `scaling`
// Symbols    xi is `target`, mu is `ratio`, alpha is `relaxation`. The objective of the trace is at x,
//            as printed there; the code returned is y. It is not certified on the way
// Cost       two transforms per filter and iteration
// Instead    admm: the same problem to a duality gap, with its own rho
// Source     wohlberg2016; wohlberg2017 (SPORCO)
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "striate/convolutional/convolutional_info.h"
#include "striate/convolutional/filter_bank.h"
#include "striate/core/observer.h"
#include "striate/core/settings.h"

namespace striate {

struct AutoRhoSettings {
  bool enabled = true;
  int period = 1;
  bool auto_scaling = true;
  double scaling = 1000;
  double ratio = 1.2;
  std::optional<double> target = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.enabled, {.name = "auto_rho", .sentence = "Whether rho follows the residuals."});
    visit(s.period, {.name = "period",
                     .range = at_least(1),
                     .unit = "iterations",
                     .sentence = "From one look at the residuals to the next."});
    visit(s.auto_scaling,
          {.name = "auto_scaling",
           .sentence = "rho changes by the residuals' own ratio; else by scaling."});
    visit(s.scaling, {.name = "scaling", .range = above(1), .sentence = "Most rho changes by."});
    visit(s.ratio,
          {.name = "ratio",
           .range = at_least(1),
           .sentence = "rho stays while the residuals' ratio is within this factor of target."});
    visit(s.target, {.name = "target",
                     .range = above(0),
                     .sentence = "Ratio of the residuals aimed at; not given: 1 + "
                                 "18.3^(log10(lambda) + 1)."});
  }
};

struct ReferenceSettings {
  std::optional<double> lambda = {};
  int max_iterations = 1000;
  double rel_stop = 1e-3;
  double abs_stop = 0;
  std::optional<double> rho = {};
  double relaxation = 1.8;
  AutoRhoSettings auto_rho = {};
  bool standard_residuals = false;
  bool non_negative = false;
  bool no_boundary_crossing = false;
  bool return_x = false;
  std::vector<double> penalty_weights = {};  // empty: all 1; else one per filter

  static void describe(auto& s, auto&& visit) {
    visit(s.lambda,
          {.name = "lambda",
           .python = "lam",
           .range = at_least(0),
           .sentence = "Weight of the l1 norm; not given: a tenth of the largest magnitude "
                       "of the spectra of D's."});
    visit(s.max_iterations, {.name = "max_iterations", .range = at_least(1), .sentence = "Limit."});
    visit(s.rel_stop, {.name = "rel_stop",
                       .range = at_least(0),
                       .sentence = "Stops when both relative residuals are below it."});
    visit(s.abs_stop,
          {.name = "abs_stop",
           .range = at_least(0),
           .sentence = "Absolute part of the stop rule, per square root of the number of "
                       "coefficients."});
    visit(s.rho, {.name = "rho",
                  .range = above(0),
                  .sentence = "Penalty of x = y; not given: 50 lambda + 1."});
    visit(s.relaxation, {.name = "relaxation",
                         .range = between(0.1, 2),
                         .sentence = "Over-relaxation alpha of x."});
    AutoRhoSettings::describe(s.auto_rho, visit);
    visit(s.standard_residuals, {.name = "standard_residuals",
                                 .sentence = "Residuals are absolute, not relative to norms."});
    visit(s.non_negative, {.name = "non_negative", .sentence = "Codes are at least 0."});
    visit(s.no_boundary_crossing,
          {.name = "no_boundary_crossing", .sentence = "No atom of the code wraps around."});
    visit(s.return_x, {.name = "return_x", .sentence = "x is returned, which is not sparse."});
    visit(s.penalty_weights, {.name = "penalty_weights",
                              .range = at_least(0),
                              .sentence = "Factors of lambda, one per filter; none: all 1."});
  }
};

template <class T>
struct ReferenceResult {
  std::vector<ConvolutionalCodes<T>> codes;  // one per image
  ConvolutionalInfo info;                    // of all images together
  std::vector<Matrix<T>> x;                  // return_x: maps as columns
};

// Images of one size, iterated together with one rho. Error: settings out of range, images of
// different sizes, values that are not finite, filters larger than the images.
template <class T>
ReferenceResult<T> admm_reference(const FilterBank<T>& bank, std::span<const Image<T>> images,
                                  const ReferenceSettings& settings, const Run& run = {});

}  // namespace striate
