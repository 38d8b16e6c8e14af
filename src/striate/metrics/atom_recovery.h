// Problem    which learned atom, or group of atoms, is which true one
// Update     similarity(G, H) = smallest singular value of Q_G' Q_H: the cosine of the largest
//            principal angle between the spans; for single atoms |cosine|, so signs do not matter
//            assignment: one to one, the sum of similarities as large as possible
// Symbols    Q: orthonormal basis of a group's span; groups are atoms (g p, ..., g p + g - 1)
// Cost       2 m K^2 flops, then the assignment
// Source     Aharon, Elad & Bruckstein 2006 (recovery at 0.99)
#pragma once

#include <cstdint>
#include <vector>

#include "striate/core/matrix.h"

namespace striate {

struct AtomMatch {
  std::vector<std::int64_t> partner;  // per true group: the learned group, -1 if there were too few
  std::vector<double> similarity;     // per true group: 0 .. 1, 0 without a partner
};

// Matches groups of `group_size` atoms (columns, any norm). A group with linearly dependent atoms,
// zero atoms among them, has similarity 0 with every other. T is float or double.
// Error: different rows, atoms that do not divide into groups, a value that is not finite.
template <class T>
AtomMatch match_atoms(MatrixView<const T> truth, Signals<T> learned, std::int64_t group_size = 1);

// Share of true groups whose partner has at least this similarity.
template <class T>
double atom_recovery(MatrixView<const T> truth, Signals<T> learned, std::int64_t group_size = 1,
                     double threshold = 0.99);

}  // namespace striate
