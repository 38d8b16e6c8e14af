// The settings that solvers of a penalised least-squares problem share, described once.
#pragma once

#include "striate/core/settings.h"

namespace striate {

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

void describe_group_size(auto& s, auto&& visit) {
  visit(s.group_size, {.name = "group_size",
                       .range = at_least(1),
                       .unit = "atoms",
                       .sentence = "Atoms per group; it must divide the number of atoms."});
}

}  // namespace striate
