// Ways to make atoms before anything is learned. All results have unit atoms; with groups, the
// atoms of a group (g*s .. g*s + s - 1, s = group_size) are orthonormal.
#pragma once

#include <cstdint>
#include <span>

#include "striate/core/matrix.h"
#include "striate/core/source.h"

namespace striate {

// Gaussian directions. Error: rows < 1, atoms < 0, group_size < 1, above rows or not dividing
// atoms.
template <class T>
Matrix<T> random_atoms(std::int64_t rows, std::int64_t atoms, std::uint64_t seed,
                       int group_size = 1);

// Signals of the source drawn at random, each at most once; signals that are zero, not finite or
// (with groups) within the span of their group are passed over. Error as random_atoms, and if the
// source has too few signals that serve.
template <class T>
Matrix<T> atoms_from_data(const SignalSource<T>& source, std::int64_t atoms, std::uint64_t seed,
                          int group_size = 1);

// The atoms of all parts side by side, in their order. Error: no parts, or parts of different rows.
template <class T>
Matrix<T> union_of(std::span<const Matrix<T>> parts);

// Scales every atom to norm 1; zero atoms stay zero.
template <class T>
void normalize_atoms(MatrixView<T> atoms);

}  // namespace striate
