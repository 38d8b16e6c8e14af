// Problem    the two-dimensional discrete cosine transform of square patches, also overcomplete
// Update     a_k(n) ~ cos(pi k (n + 1/2) / F), n < p, k < F; for k > 0 without its mean, then |a_k| = 1
//            d_(k F + l)(row, column) = a_k(row) a_l(column)
// Symbols    p patch, F frequencies: K = F^2 atoms of m = p^2 pixels, row by row
// Cost       m K
// Instead    a learned dictionary: sparser codes of natural images
// Source     ahmed1974; aharon2006 (overcomplete, with n for n + 1/2)
#pragma once

#include <optional>

#include "striate/core/matrix.h"
#include "striate/core/settings.h"

namespace striate {

struct DctSettings {
  int patch = 8;
  std::optional<int> frequencies = {};  // not given: patch

  static void describe(auto& s, auto&& visit) {
    visit(s.patch, {.name = "patch",
                    .range = between(2, 1024),
                    .unit = "pixels",
                    .sentence = "Side of the square patches."});
    visit(s.frequencies,
          {.name = "frequencies",
           .range = between(2, 4096),
           .sentence = "Frequencies per direction, at least patch; the atoms are "
                       "their square. Where not given patch: an orthonormal basis."});
  }
};

// Unit atoms; only the first has a mean. Error: fewer frequencies than pixels.
template <class T>
Matrix<T> dct(const DctSettings& settings = {});

}  // namespace striate
