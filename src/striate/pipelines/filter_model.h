// A bank of filters as a file holds it: the taps, how images are prepared for them, and how they
// came about.
//
//   filters         (K, h, w), or (K, h, w, C) of C channels
//   support         (K, h, w), true where a tap belongs to its filter, where filters differ in size
//   preparation, coding, provenance    attributes
//   history/...     columns of equal length
#pragma once

#include <string>
#include <vector>

#include "striate/convolutional/filter_bank.h"
#include "striate/core/archive.h"
#include "striate/pipelines/image_preparation.h"

namespace striate {

template <class T>
struct FilterModel {
  Matrix<T> taps;  // filter k is column k: rows x columns x channels, in C order
  std::int64_t rows = 0, columns = 0, channels = 1;
  // One per filter, row and column, in C order: 1 where a tap belongs to its filter, 0 where it
  // fills up. Empty: all belong.
  std::vector<std::uint8_t> support;
  ImagePreparation preparation;
  Values coding;      // the settings of the solver it was learned with, and its name as "method"
  Values provenance;  // learning settings, seed, input hashes, version, seconds
  Archive history;

  FilterBank<T> bank() const { return {taps.view(), rows, columns, channels}; }
  // 64-bit hash of filters, support and preparation, as 16 hexadecimal digits.
  std::string hash() const;
  // The array "filters".
  Array filters() const;
  Archive to_archive() const;
  // Either precision is read into T. Error: no filters, or parts that do not fit one another.
  static FilterModel from_archive(const Archive& archive);
  // Filters alone, (K, h, w) or (K, h, w, C). Error: another number of dimensions, no filter, no
  // tap, NaN or infinity.
  static FilterModel from_filters(const Array& filters);
};

}  // namespace striate
