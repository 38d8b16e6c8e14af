// What a learned dictionary of patches looks like, in numbers.
//
// Of one atom a of p x p pixels, with its power spectrum P padded with zeros to at least 4p x 4p:
//   localised   at least half of the energy sum a^2 lies in one window of (p/2) x (p/2) pixels, a
//               quarter of the area (a grating or noise: about a quarter)
//   oriented    |sum P(f) exp(2 i angle(f))| >= sum P(f) / 2 (a grating 1, isotropic noise near 0)
//   band-pass   with R the mean of P over rings of width 1/(2p) around frequency 0: both the
//   innermost
//               ring and the ring at 1/2 cycle per pixel hold at most half of the largest R
// Of a pair (2q, 2q + 1), both well fitted by Gabors (explained >= well_fitted):
//   orientation difference   0 .. 90 degrees
//   frequency difference     |f1 - f2| / ((f1 + f2) / 2)
//   phase difference         of the two waves at the point midway between the centres, 0 .. 90
//                            degrees, since the sign of an atom means nothing; 90: quadrature
#pragma once

#include <cstdint>
#include <vector>

#include "striate/core/matrix.h"
#include "striate/core/observer.h"
#include "striate/core/settings.h"
#include "striate/statistics/gabor_fit.h"

namespace striate {

struct AtomShape {
  double window_energy = 0;  // largest share of the energy in a window of half the side
  double orientedness = 0;   // length of the mean doubled angle, 0 .. 1
  double low = 0;            // R in the innermost ring / largest R
  double high = 0;           // R at 1/2 cycle per pixel / largest R
  bool localised = false;
  bool oriented = false;
  bool band_pass = false;
};

// Error: not a square number of pixels, fewer than 4 x 4, not finite. Zeros: all false.
template <class T>
AtomShape atom_shape(std::span<const T> atom);

struct DictionaryReportSettings {
  std::int64_t group_size = 2;
  double well_fitted = 0.7;

  static void describe(auto& s, auto&& visit) {
    visit(s.group_size, {.name = "group_size",
                         .range = between(1, 2),
                         .sentence = "Atoms per group: 2 reports on pairs, 1 on atoms only."});
    visit(s.well_fitted,
          {.name = "well_fitted",
           .range = between(0, 1),
           .sentence = "Share of an atom's energy that its Gabor fit must explain for "
                       "it to count in the differences within pairs."});
  }
};

// Medians are NaN where nothing counts.
struct DictionaryReport {
  std::vector<GaborFit> fits;     // per atom
  std::vector<AtomShape> shapes;  // per atom

  double localised = 0;  // shares of the atoms
  double oriented = 0;
  double band_pass = 0;
  double all_three = 0;
  double well_fitted = 0;
  double median_explained = 0;
  double median_frequency = 0;  // of well-fitted atoms, cycles per pixel

  std::int64_t pairs = 0;
  std::int64_t well_fitted_pairs = 0;
  double median_cosine = 0;                  // |cosine| within pairs, all of them
  double median_orientation_difference = 0;  // degrees
  double median_frequency_difference = 0;    // relative
  double median_phase_difference = 0;        // degrees
};

// Atoms (columns) of square grey patches. Parallel over atoms. Error: as fit_gabor, or an odd
// number of atoms with groups of 2.
template <class T>
DictionaryReport dictionary_report(MatrixView<const T> atoms,
                                   const DictionaryReportSettings& settings = {},
                                   const Run& run = {});

}  // namespace striate
