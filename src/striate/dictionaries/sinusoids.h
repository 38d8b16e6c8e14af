// Problem    sines of evenly spaced frequencies, for signals in time
// Update     d_j(t) = sin(f_j t), t = 0 .. m - 1;  f_j = lowest + j (highest - lowest) / (K - 1)
// Symbols    f angular frequency, in radians per sample; m rows, K atoms
// Cost       m K
// Instead    dct: of patches, and a basis
// Source     chen1998 (overcomplete Fourier dictionaries)
#pragma once

#include "striate/core/matrix.h"
#include "striate/core/settings.h"

namespace striate {

struct SinusoidsSettings {
  int rows = 717;
  int atoms = 100;
  double lowest_frequency = 0.001;
  double highest_frequency = 1;
  bool raw = false;

  static void describe(auto& s, auto&& visit) {
    visit(s.rows, {.name = "rows",
                   .range = between(2, 1e9),
                   .unit = "samples",
                   .sentence = "Length of the signals."});
    visit(s.atoms, {.name = "atoms", .range = between(1, 1e9), .sentence = "Sines."});
    visit(s.lowest_frequency, {.name = "lowest_frequency",
                               .range = {.low = 0, .high = 3},
                               .unit = "radians per sample",
                               .sentence = "Frequency of the first sine."});
    visit(s.highest_frequency, {.name = "highest_frequency",
                                .range = {.low = 0, .high = 3},
                                .unit = "radians per sample",
                                .sentence = "Frequency of the last sine; at least the lowest."});
    visit(s.raw, {.name = "raw", .sentence = "Sines of amplitude 1, not atoms of norm 1."});
  }
};

// Error: the highest frequency is below the lowest.
template <class T>
Matrix<T> sinusoids(const SinusoidsSettings& settings = {});

}  // namespace striate
