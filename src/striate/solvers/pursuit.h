// What all greedy solvers show alike: their stopping rules, described once, and the path of codes
// that they pass through.
#pragma once

#include <vector>

#include "striate/core/settings.h"
#include "striate/solvers/encoding.h"

namespace striate {

// Every code on a signal's way, from one atom on.
template <class T>
struct PursuitPath {
  std::vector<SparseCodes<T>> codes;           // codes[i][k - 1]: signal i with k atoms
  std::vector<std::vector<double>> residuals;  // |y - D z|^2 of the same
  EncodeInfo info;                             // of the last codes
};

void describe_pursuit(auto& s, auto&& visit) {
  visit(s.nonzeros, {.name = "nonzeros",
                     .range = at_least(0),
                     .unit = "atoms",
                     .sentence = "Most atoms of a code: one number, or one per signal. One of the "
                                 "stopping rules is required."});
  visit(s.residual, {.name = "residual",
                     .range = at_least(0),
                     .sentence = "Squared error |y - D z|^2 at which a signal is done: one number, "
                                 "or one per signal."});
}

void describe_atom_penalty(auto& s, auto&& visit) {
  visit(s.atom_penalty, {.name = "atom_penalty",
                         .range = above(0),
                         .sentence = "Cost of each atom in 1/2 |y - D z|^2 + atom_penalty * "
                                     "nonzeros, one number or one per signal; an atom that gains "
                                     "less ends the code."});
}

}  // namespace striate
