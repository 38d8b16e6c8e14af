// The settings that all solvers of a penalised least-squares problem share, described once.
#pragma once

#include "striate/core/settings.h"

namespace striate {

void describe_penalized(auto& s, auto&& visit) {
  visit(s.lambda, {.name = "lambda",
                   .python = "lam",
                   .range = above(0),
                   .sentence = "Weight of the penalty; this or lambda_relative is required."});
  visit(s.lambda_relative,
        {.name = "lambda_relative",
         .python = "lam_relative",
         .range = above(0),
         .sentence = "Weight of the penalty as a fraction of each signal's lambda_max."});
  visit(s.tolerance, {.name = "tolerance",
                      .range = at_least(0),
                      .sentence = "Relative duality gap at which a signal is done."});
  visit(s.max_iterations, {.name = "max_iterations",
                           .range = at_least(1),
                           .unit = "iterations",
                           .sentence = "Iterations per signal before giving up."});
  visit(s.positive, {.name = "positive", .sentence = "Only coefficients that are not negative."});
  visit(s.penalty_weights, {.name = "penalty_weights",
                            .range = at_least(0),
                            .sentence = "Factor of the penalty per atom, or per group."});
}

void describe_group_size(auto& s, auto&& visit) {
  visit(s.group_size, {.name = "group_size",
                       .range = at_least(1),
                       .unit = "atoms",
                       .sentence = "Atoms per group; it must divide the number of atoms."});
}

}  // namespace striate
