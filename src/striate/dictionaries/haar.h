// Problem    the orthonormal Haar wavelets of square patches
// Update     a wavelet of s x s pixels is +-1/s there and 0 elsewhere, s = p, p/2, ..., 2, in every
//            block of that size: left minus right, upper minus lower, and their product; the first
//            atom is 1/p everywhere
// Symbols    p patch: K = m = p^2 pixels, row by row
// Cost       m K
// Instead    dct: smooth atoms; a union of both: sparser codes than either
// Source     haar1910; mallat1989 (square wavelets in two dimensions)
#pragma once

#include "striate/core/matrix.h"
#include "striate/core/settings.h"

namespace striate {

struct HaarSettings {
  int patch = 8;

  static void describe(auto& s, auto&& visit) {
    visit(s.patch, {.name = "patch",
                    .range = between(1, 1024),
                    .unit = "pixels",
                    .sentence = "Side of the square patches, a power of two."});
  }
};

// Wavelets by falling size, then direction, then place, row by row. Error: a patch whose side is not
// a power of two.
template <class T>
Matrix<T> haar(const HaarSettings& settings = {});

}  // namespace striate
