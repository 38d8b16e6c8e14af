// Problem    which log-Gabor filter is nearest to a given one, a learned one perhaps
//            max_p  corr(d, cos(phase) e_p + sin(phase) o_p),  p = (theta, B, f0)
// Update     over the phase in closed form: the correlation is |Q_p' d| / |d|. Over p: the best of a
//            grid of candidates, made once for all filters, and from its highest peaks
//            Levenberg-Marquardt (Ceres, bounded) on d - Q_p Q_p' d, in theta, ln B, ln f0
// Symbols    d, e_p, o_p: the filter, and the even and odd one of log_gabor.h, less their means;
//            Q_p: orthonormal basis of the two; corr: normalised correlation; theta: orientation;
//            B: angular bandwidth; f0: frequency at the top of the radial curve
// Cost       two FFTs of the filter's size for each of 4320 candidates, once; then some hundreds per
//            filter: 0.05 s and 5 to 15 ms per filter of 12 x 12 pixels
// Instead    gabor_fit: position and both widths free
// Source     ladret2023 (theta and B); Golub & Pereyra 2003 (variable projection)
//
// The wave of a log-Gabor filter sits at row height / 2, column width / 2: what is not centred
// there is fitted badly. On few pixels unlike parameters can give the same filter, as bandwidths of
// 1 and 3 degrees do on 8 x 8 pixels. The end need not be the best there is, above all for the odd
// filters of the paper, which do not change continuously with theta: of 3200 planted ones 99 in 100
// were found within 2e-5 of correlation 1, and the worst within 8e-4.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "striate/core/matrix.h"
#include "striate/core/observer.h"
#include "striate/core/settings.h"
#include "striate/dictionaries/log_gabor_pair.h"

namespace striate {

struct LogGaborFitSettings {
  LogGaborConvention convention = LogGaborConvention::paper;
  double min_bandwidth = 1;
  double max_bandwidth = 60;
  std::optional<double> frequency = {};
  std::optional<double> frequency_spread = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.convention, {.name = "convention",
                         .sentence = "paper: filters of the equation of 2023; released: of its "
                                     "program."});
    visit(s.min_bandwidth, {.name = "min_bandwidth",
                            .range = between(0.1, 180),
                            .unit = "degrees",
                            .sentence = "Smallest angular bandwidth."});
    visit(s.max_bandwidth, {.name = "max_bandwidth",
                            .range = between(0.1, 180),
                            .unit = "degrees",
                            .sentence = "Largest angular bandwidth, above the smallest."});
    visit(s.frequency, {.name = "frequency",
                        .range = between(0.001, 0.5),
                        .unit = "cycles per pixel",
                        .sentence = "Frequency to hold fixed; not given: fitted, from half a cycle "
                                    "per longer side to 0.5 cycles per pixel."});
    visit(s.frequency_spread,
          {.name = "frequency_spread",
           .range = between(0.01, 10),
           .sentence = "Standard deviation of the frequency's natural logarithm, held fixed; not "
                       "given: ln 2 (paper) or 0.4 (released)."});
  }
};

struct LogGaborFit {
  double theta = 0;        // orientation of the wave, radians, [0, pi)
  double bandwidth = 0;    // angular, radians
  double frequency = 0;    // cycles per pixel
  double phase = 0;        // radians, (-pi, pi]: 0 even, +-pi/2 odd, pi even with the sign changed
  double amplitude = 0;    // >= 0, times a filter as the convention scales it
  double correlation = 0;  // 0 .. 1, of what is left of both without their means
  bool bandwidth_at_bound = false;
  bool frequency_at_bound = false;  // false if it was held fixed
};

// The best fits to filters, columns of height * width taps, row by row. A filter whose taps are all
// equal, 0 among them, gives a fit of zeros. T is float or double. Parallel over filters; a run that
// is stopped leaves later fits zero.
// Error: fewer than 4 x 4 taps, sizes that do not fit, a tap that is not finite, a setting out of
// range.
template <class T>
std::vector<LogGaborFit> fit_log_gabor(MatrixView<const T> filters, std::int64_t height,
                                       std::int64_t width, const LogGaborFitSettings& settings = {},
                                       const Run& run = {});

// The taps of a fit: amplitude times the filter of its convention; zeros for a fit of zeros.
std::vector<double> log_gabor_filter(const LogGaborFit& fit, std::int64_t height,
                                     std::int64_t width, const LogGaborFitSettings& settings = {});

}  // namespace striate
