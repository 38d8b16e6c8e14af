// The statistics A = sum z z' and B = sum y z', and block-coordinate descent of the atoms on them:
// what online and batch share.
#pragma once

#include <span>

#include "striate/codes/sparse_codes.h"
#include "striate/core/matrix.h"
#include "striate/core/observer.h"
#include "striate/learning/learn_settings.h"

namespace striate::detail {

// Where atoms may lie: |d| = 1, or |d| <= 1 if ball; d >= 0 if positive.
struct AtomSet {
  bool positive = false;
  bool ball = false;
};
AtomSet atom_set(const LearnSettings& settings);

// g <- argmin curvature/2 |d|^2 - g'd over the set. False, with g spoilt, where g is zero as far as
// rounding can tell and every unit atom is as good.
template <class T>
bool project_atom(const AtomSet& set, double curvature, std::span<T> g);

// A <- beta A + weight Z Z' and B <- beta B + weight Y Z'. Threads own ranges of atoms and walk the
// signals in order.
template <class T>
void add_statistics(Matrix<T>& a, Matrix<T>& b, double beta, double weight,
                    MatrixView<const T> signals, const SparseCodes<T>& codes, const Run& run);

// One pass of block-coordinate descent over all atoms in this order, `block` at a time; the same
// iterates for any block (but for rounding) and the same bits for any number of threads.
// kappa: twice mu times the weight of the statistics; above 0 for unit atoms of any sign only.
template <class T>
void update_atoms(Matrix<T>& atoms, const Matrix<T>& a, const Matrix<T>& b, const AtomSet& set,
                  int group_size, double kappa, int block, std::span<const std::int64_t> order,
                  const Run& run);

// settings.descent.passes such passes, each in an order drawn from seed and step.
template <class T>
void descend(const LearnSettings& settings, std::int64_t step, double kappa, const Matrix<T>& a,
             const Matrix<T>& b, Matrix<T>& atoms, const Run& run);

}  // namespace striate::detail
