// How alike the atoms of a dictionary are: what bounds on recovery depend on, and what shows that
// learning has made copies.
//
// Groups of s atoms are compared by the largest principal cosine between the spaces they span, the
// largest singular value of Q_p'Q_q with orthonormal bases Q; for s = 1 that is |cosine|. Atoms of
// norm 0 span nothing.
#pragma once

#include <cstdint>

#include "striate/core/matrix.h"
#include "striate/core/observer.h"

namespace striate {

struct Coherence {
  double between = 0;                // the largest cosine between two groups (mutual coherence)
  std::int64_t first = -1;           // those groups, first < second; -1 where there are no two. Of
  std::int64_t second = -1;          // several, the lowest first, then the lowest second
  std::int64_t near_duplicates = 0;  // pairs of groups with a cosine of near_duplicate or more
  double within = 0;                 // the largest |cosine| of two atoms of one group; 0 for s = 1
};

inline constexpr double near_duplicate = 0.99;

// Same bits for any number of threads. Error: group_size below 1 or not dividing the atoms, an atom
// that is not finite.
template <class T>
Coherence coherence(MatrixView<const T> atoms, int group_size = 1, const Run& run = {});

}  // namespace striate
