// Problem    how like two codes are when one is moved by a few pixels: an image that is moved has the
//            same code elsewhere
// Update     cosine(d) = sum_p code[p] cue[p + d] / (|code on the known p + d| |known part of cue|)
// Symbols    p: row, column and filter;  d: rows and columns from -reach to reach, the cue's place less
//            the code's. Positions beyond the maps count for nothing and are not known
// Cost       (2 reach + 1)^2 multiply-adds per entry of a code, twice
// Instead    the product of both spectra, where every shift is asked for
#pragma once

#include <span>
#include <vector>

#include "striate/codes/convolutional_codes.h"

namespace striate {

struct MapShift {
  std::int64_t rows = 0, columns = 0;
  double cosine = 0;
};

// A cue, ready to be compared with many codes of the same maps; safe to share between threads.
template <class T>
class ShiftedMaps {
 public:
  // `known`: 1 where the cue is known, one per position in C order; empty: everywhere. Error: a reach
  // below 0 or as long as a side of the maps, another number of positions.
  ShiftedMaps(const ConvolutionalCodes<T>& cue, std::int64_t reach,
              std::span<const std::uint8_t> known = {});

  // Of all shifts, row by row. 0 where a norm is 0. Error: codes of other maps.
  std::vector<double> cosines(const ConvolutionalCodes<T>& codes) const;
  // That of the largest |cosine|; of equals the shortest.
  MapShift best(const ConvolutionalCodes<T>& codes) const;

 private:
  MapShape shape_;
  std::int64_t reach_;
  std::vector<T> maps_, known_;  // with `reach` zeros around; maps filter by filter
  double norm_ = 0;
};

}  // namespace striate
