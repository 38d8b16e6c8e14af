// Problems whose truth is known: a random dictionary, sparse codes, and the signals they make. No
// solver is used.
//
//   const auto p = plant<float>({.rows = 64, .atoms = 128, .nonzeros = 4, .signals = 20, .seed = 7});
//   auto [codes, info] = lasso(Dictionary<float>(p.dictionary), p.signals, {.lambda = 0.1});
#pragma once

#include <cstdint>

#include "striate/codes/sparse_codes.h"
#include "striate/core/matrix.h"
#include "tests/problems/random_matrix.h"

namespace striate {

struct PlantSettings {
  std::int64_t rows = 32;       // m
  std::int64_t atoms = 64;      // K
  std::int64_t nonzeros = 4;    // coefficients per signal; whole groups
  std::int64_t signals = 10;    // n
  std::int64_t group_size = 1;  // group g is atoms g*s .. g*s + s - 1
  double noise = 0;             // standard deviation added to every element of the signals
  bool positive = false;        // only positive coefficients
  std::uint64_t seed = 0;
};

template <class T>
struct Planted {
  Matrix<T> dictionary;  // m x K, independent normal atoms scaled to norm 1
  SparseCodes<T> codes;  // groups drawn without repetition, each of norm 0.5 to 1.5
  Matrix<T> signals;     // m x n, dictionary times codes plus noise
};

// The same problem for float as for double, but for rounding. Error: sizes that do not fit.
template <class T = double>
Planted<T> plant(const PlantSettings& settings);

}  // namespace striate
