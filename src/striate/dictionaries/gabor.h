// Problem    pairs of Gabor functions of square patches: even and odd phase, 2p and 2p + 1
// Update     d ~ exp(-(u / su)^2 / 2 - (v / sv)^2 / 2) (cos(2 pi u / w) - mean | sin(2 pi u / w) - mean)
//            su = w sqrt(ln 2 / 2) / pi (2^b + 1) / (2^b - 1),  sv = aspect su,  |d| = 1, sum d = 0
// Symbols    u along the wave, v along the bars, from the centre of the atom; t orientation of the
//            wave, 0 along a row; w wavelength, b bandwidth in octaves; mean: of the wave under the
//            envelope
// Cost       m K
// Instead    a learned dictionary: atoms for the images at hand
// Source     daugman1985; lee1996 (bandwidth, sum 0)
#pragma once

#include "striate/core/matrix.h"
#include "striate/core/settings.h"

namespace striate {

struct GaborSettings {
  int patch = 12;
  int orientations = 8;
  int scales = 2;
  double shortest_wavelength = 4;
  int positions = 2;
  double bandwidth = 1;
  double aspect = 1.5;

  static void describe(auto& s, auto&& visit) {
    visit(s.patch, {.name = "patch",
                    .range = between(4, 1024),
                    .unit = "pixels",
                    .sentence = "Side of the square patches."});
    visit(s.orientations, {.name = "orientations",
                           .range = between(1, 360),
                           .sentence = "Directions of the waves, evenly over half a turn."});
    visit(s.scales, {.name = "scales",
                     .range = between(1, 10),
                     .unit = "octaves",
                     .sentence = "Wavelengths, each twice the one before."});
    visit(s.shortest_wavelength, {.name = "shortest_wavelength",
                                  .range = between(2.5, 1024),
                                  .unit = "pixels",
                                  .sentence = "Wavelength of the finest scale."});
    visit(s.positions, {.name = "positions",
                        .range = between(1, 1024),
                        .sentence = "Centres per direction, evenly over the patch."});
    visit(s.bandwidth, {.name = "bandwidth",
                        .range = between(0.1, 4),
                        .unit = "octaves",
                        .sentence = "Width of an atom's spectrum at half its height."});
    visit(s.aspect, {.name = "aspect",
                     .range = between(0.1, 10),
                     .sentence = "Length along the bars over width across them."});
  }
};

// 2 * scales * orientations * positions^2 unit atoms; scales are the slowest to change, then
// orientations, rows and columns of the centres, phases.
template <class T>
Matrix<T> gabor(const GaborSettings& settings = {});

}  // namespace striate
