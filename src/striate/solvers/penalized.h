// The settings that solvers of a penalised least-squares problem share, described once.
#pragma once

#include <array>
#include <cstdint>

#include "striate/core/settings.h"

namespace striate {

// Where descent begins without initial codes. A penalty that is not convex has many minima, and the
// start decides among them.
enum class Start : std::uint8_t { zero, projection };
template <>
struct EnumNames<Start> {
  static constexpr std::array names{"zero", "projection"};
};

void describe_lambda(auto& s, auto&& visit) {
  visit(s.lambda, {.name = "lambda",
                   .python = "lam",
                   .range = above(0),
                   .sentence = "Weight of the penalty: one number, or one per signal; this or "
                               "lambda_relative is required."});
  visit(s.lambda_relative,
        {.name = "lambda_relative",
         .python = "lam_relative",
         .range = above(0),
         .sentence =
             "Weight of the penalty as a fraction of each signal's lambda_max: one number, or "
             "one per signal."});
}

// `tolerance`: what it bounds, in a sentence.
void describe_limits(auto& s, auto&& visit, std::string_view tolerance) {
  visit(s.tolerance, {.name = "tolerance", .range = at_least(0), .sentence = tolerance});
  visit(s.max_iterations, {.name = "max_iterations",
                           .range = at_least(1),
                           .unit = "iterations",
                           .sentence = "Iterations per signal before giving up."});
}

void describe_positive(auto& s, auto&& visit) {
  visit(s.positive, {.name = "positive", .sentence = "Only coefficients that are not negative."});
}

void describe_coefficients(auto& s, auto&& visit) {
  describe_positive(s, visit);
  visit(s.penalty_weights, {.name = "penalty_weights",
                            .range = at_least(0),
                            .sentence = "Factor of the penalty per atom, or per group."});
}

void describe_penalized(auto& s, auto&& visit) {
  describe_lambda(s, visit);
  describe_limits(s, visit, "Relative duality gap at which a signal is done.");
  describe_coefficients(s, visit);
}

void describe_penalty(auto& s, auto&& visit) {
  visit(s.penalty, {.name = "penalty",
                    .sentence = "Penalty: l1 (of groups their norms), l0 (how many are not zero) "
                                "or log (log(1 + (z / sigma)^2)); the last two are not convex."});
  visit(s.sigma, {.name = "sigma",
                  .range = above(0),
                  .sentence = "Of penalty log: the scale at which a coefficient counts as large; 1 "
                              "where not given."});
  visit(s.start, {.name = "start",
                  .sentence = "Code at which descent begins: zero, or every atom's projection of "
                              "the signal, d'y / |d|^2; matters where a penalty is not convex."});
}

// Of gradient_descent.
void describe_descent(auto& s, auto&& visit) {
  visit(s.descent_steps, {.name = "descent_steps",
                          .range = at_least(1),
                          .unit = "iterations",
                          .sentence = "Steps of gradient_descent per signal, all of them taken."});
  visit(s.descent_rate,
        {.name = "descent_rate",
         .range = {.low = 0, .high = 2},
         .sentence = "Length of a step of gradient_descent, as a multiple of 1 / L, L the largest "
                     "eigenvalue of D'D."});
  visit(s.cut_off, {.name = "cut_off",
                    .range = at_least(0),
                    .sentence = "What is at most so many times the penalty's part of a step is "
                                "zero after the last step of gradient_descent; 0 cuts nothing."});
}

void describe_group_size(auto& s, auto&& visit) {
  visit(s.group_size, {.name = "group_size",
                       .range = at_least(1),
                       .unit = "atoms",
                       .sentence = "Atoms per group; it must divide the number of atoms."});
}

}  // namespace striate
