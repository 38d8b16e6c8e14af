// Problem    which Gabor function is nearest to an atom
//            min sum_pixels (atom - g)^2,
//            g = A exp(-(u / su)^2 / 2 - (v / sv)^2 / 2) cos(2 pi f u + phase)
// Update     Levenberg-Marquardt (Ceres, bounded) from several starts: frequency and orientation at
//            the highest peaks of the zero-padded spectrum, centre at the peak of the envelope
//            there, several widths; the best end wins. A cos(phase) and A sin(phase) enter linearly
//            and start at their least-squares values
// Symbols    u = (x - x0) cos t + (y - y0) sin t along the wave, v = -(x - x0) sin t +
//            (y - y0) cos t along the bars; x counts columns to the right, y rows downwards, 0 at the centre of
//            the upper left pixel; t: orientation of the wave, bars lie at right angles to it
// Cost       about 20 steps per start, each 8 x 256 derivatives for 16 x 16 pixels
// Source     Jones & Palmer 1987, J. Neurophysiology 58:1233; Ringach 2002, J. Neurophysiology
// 88:455
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "striate/core/matrix.h"
#include "striate/core/observer.h"

namespace striate {

struct GaborFit {
  double row = 0;          // y0, pixels
  double column = 0;       // x0, pixels
  double frequency = 0;    // f, cycles per pixel
  double orientation = 0;  // t, radians, [0, pi)
  double phase = 0;        // radians, (-pi, pi]: 0 even, +-pi/2 odd about the centre
  double width = 0;        // su: standard deviation along the wave, pixels
  double length = 0;       // sv: standard deviation along the bars, pixels
  double amplitude = 0;    // A >= 0
  double explained = 0;    // 1 - sum (atom - g)^2 / sum atom^2; 0 for an atom of zeros
};

// g at the pixels of a patch of `patch` rows and columns, row by row.
std::vector<double> gabor(const GaborFit& fit, std::int64_t patch);

// The best fit to one atom of patch * patch pixels, row by row. An atom of zeros gives a fit of
// zeros. T is float or double. Error: not a square number of pixels, fewer than 4 x 4, not finite.
template <class T>
GaborFit fit_gabor(std::span<const T> atom);

// The same for every column; parallel over atoms. A run that is stopped leaves later fits zero.
template <class T>
std::vector<GaborFit> fit_gabors(MatrixView<const T> atoms, const Run& run = {});

}  // namespace striate
