// A learned model: the dictionary, how signals were prepared for it, and how it came about. What a
// model file holds (docs/reference/files.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "striate/codes/sparse_codes.h"
#include "striate/core/archive.h"
#include "striate/images/whiten.h"
#include "striate/pipelines/preparation.h"

namespace striate {

template <class T>
struct Model {
  Matrix<T> atoms;              // m x K
  int group_size = 1;           // atoms per group, consecutive
  std::string coder = "lasso";  // the solver it was learned with, and its settings
  Values coding;
  Preprocessing preprocessing;
  Values provenance;  // learning settings, seed, input hashes, version, seconds
  Archive history;    // columns of equal length: step, seconds, objective, ...

  // 64-bit hash of atoms, group size and preprocessing, as 16 hexadecimal digits: codes keep it, so
  // that they are not decoded with another model.
  std::string hash() const;
  Archive to_archive() const;
  // Either precision is read into T. Error: not a model, or parts that do not fit one another.
  static Model from_archive(const Archive& archive);
};

}  // namespace striate
