// Codes to try a memory with: random phasors, whose theory is known, and damaged copies of codes.
#pragma once

#include <cstdint>

#include "striate/codes/sparse_codes.h"
#include "striate/core/settings.h"

namespace striate {

// What happens to a code before it is a cue.
struct CueDamage {
  double damage = 0.25;
  double phase_noise = 0.3;

  static void describe(auto& s, auto&& visit) {
    visit(s.damage, {.name = "damage",
                     .range = between(0, 1),
                     .unit = "share of the active units",
                     .sentence = "Active units of a cue that are moved elsewhere."});
    visit(s.phase_noise, {.name = "phase_noise",
                          .range = at_least(0),
                          .unit = "radians",
                          .sentence = "Normal noise on the phases of the other active units."});
  }
};

// `count` pair codes (2 n atoms) of `active` units out of n = `units`, amplitudes exp(spread *
// normal), all 1 if spread is 0, and phases drawn evenly. Code p is a function of seed and p. Error:
// active not from 1 to units, a negative count.
template <class T>
SparseCodes<T> random_codes(std::int64_t units, std::int64_t active, std::int64_t count,
                            std::uint64_t seed, double spread = 0);

// Copies in which each active unit that is moved is silent, and a silent unit drawn at random is
// active in its place, with its modulus and a random phase. A code without silent units keeps its
// units; those moved get a random phase. Copy p is a function of code p, seed and p. Error: damage
// out of range.
template <class T>
SparseCodes<T> damaged_codes(const SparseCodes<T>& codes, const CueDamage& damage,
                             std::uint64_t seed);

}  // namespace striate
