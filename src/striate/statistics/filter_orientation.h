// Problem    which way the wave of a filter runs, and how decidedly
// Update     t = arg(sum |F(f)|^2 e^(2 i a)) / 2,  strength = |sum |F(f)|^2 e^(2 i a)| / sum |F(f)|^2
// Symbols    F: spectrum of the filter, filled up with zeros, over 0 < |f| <= 1/2 cycles per pixel, of
//            all its channels together; a: angle of f, 0 down the columns, pi / 2 along the rows;
//            doubled, since f and -f are one wave. strength is 1 for a wave that goes on for ever, 0
//            for what is alike in all directions
// Cost       one FFT per filter and channel, in double precision
// Instead    gabor_fit: frequency, phase and envelope too; log_gabor: says its own
// Source     Mardia & Jupp 2000, Directional Statistics, section 2.2 (mean of axes)
#pragma once

#include <cstdint>
#include <vector>

#include "striate/core/matrix.h"

namespace striate {

struct FilterOrientation {
  double theta = 0;     // radians, [0, pi): as that of log_gabor
  double strength = 0;  // 0 to 1
};

// One per column of `taps`, rows x columns x channels in C order. A filter without power has strength
// 0. T is float or double. Error: taps of another size.
template <class T>
std::vector<FilterOrientation> filter_orientations(MatrixView<const T> taps, std::int64_t rows,
                                                   std::int64_t columns, std::int64_t channels = 1);

}  // namespace striate
