// Problem    a bank of log-Gabor filters in all orientations, each in even and odd phase, of several
//            angular bandwidths (heterogeneous) or of one (homogeneous)
// Update     paper     D ~ exp(-(ln(f / f0) / s)^2 / 2) exp(cos 2(a - t) ln 2 / (2 B^2)), 0 at f = 0
//                      even: d = F^-1 D, odd: d = F^-1 (i sign(cos(a - t)) D),  |d| = 1
//            released  D ~ exp(-(ln(f / f0) / s)^2 / 2) / f exp(cos(a - t) / B^2) p(f) e^(-i phase)
//                      d = w Re F^-1 D,  d <- d - median d,  d <- d / max |d|
// Symbols    f, a: length and angle of the frequency, cycles per pixel; f0 = 0.4: peak; s: spread,
//            ln 2 (paper) or 0.4 (released); t: orientation of the wave, 0 down the columns, pi / 2
//            along the rows; B: half the width at half height of exp(-x^2 / 2 sd^2) (paper) or its
//            sd (released); p(f) = (1 - e^((f - 0.5) / 0.035)) (1 - e^(-(f n / 0.5)^2 / 2)), 0 from
//            f = 0.5 on, n: longer side; w = ((1 + cos pi R) / 2)^(1/3), 0 from R = 1 on, R: radius,
//            1 at the middle of each border; F^-1: real part, with the origin at row height / 2,
//            column width / 2 (rounded down)
// Cost       one FFT per filter
// Instead    gabor: sum 0 too, small filters at many positions; a learned bank for the images at hand
// Source     ladret2023 eq. 3 (paper; phases, and even steps from 3 to 30 degrees, are our choice) and
//            its code (released); fischer2007
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "striate/core/matrix.h"
#include "striate/core/settings.h"
#include "striate/dictionaries/log_gabor_pair.h"

namespace striate {

enum class LogGaborKind { heterogeneous, homogeneous };
template <>
struct EnumNames<LogGaborKind> {
  static constexpr std::array<std::string_view, 2> names{"heterogeneous", "homogeneous"};
};

struct LogGaborSettings {
  LogGaborKind kind = LogGaborKind::heterogeneous;
  LogGaborConvention convention = LogGaborConvention::paper;
  int height = 12;
  int width = 12;
  std::optional<int> orientations = {};
  std::vector<double> angular_bandwidths = {};
  double peak_frequency = 0.4;
  std::optional<double> frequency_spread = {};

  static void describe(auto& s, auto&& visit) {
    // On the command line --kind log_gabor is taken.
    visit(s.kind, {.name = "bank",
                   .python = "kind",
                   .sentence = "heterogeneous: 12 orientations of 6 angular bandwidths; "
                               "homogeneous: 72 orientations of one."});
    visit(s.convention,
          {.name = "convention",
           .sentence = "paper: the equation of 2023, filters of norm 1; released: its "
                       "program, which cuts a disc out and scales to a peak of 1."});
    visit(s.height, {.name = "height",
                     .range = between(4, 1024),
                     .unit = "pixels",
                     .sentence = "Rows of a filter."});
    visit(s.width, {.name = "width",
                    .range = between(4, 1024),
                    .unit = "pixels",
                    .sentence = "Columns of a filter."});
    visit(s.orientations,
          {.name = "orientations",
           .range = between(1, 360),
           .sentence = "Directions of the waves, evenly over half a turn; not given: 12 if "
                       "heterogeneous, 72 if homogeneous."});
    visit(s.angular_bandwidths,
          {.name = "angular_bandwidths",
           .range = between(0.1, 180),
           .unit = "degrees",
           .sentence = "Spread of the orientations that a filter answers to; not given: 12 if "
                       "homogeneous, else 6 from 3 (paper) or 5 (released) to 30."});
    visit(s.peak_frequency, {.name = "peak_frequency",
                             .range = between(0.001, 0.5),
                             .unit = "cycles per pixel",
                             .sentence = "Frequency at the top of the radial curve."});
    visit(s.frequency_spread,
          {.name = "frequency_spread",
           .range = between(0.01, 10),
           .sentence = "Standard deviation of the frequency's natural logarithm; not given: ln 2 "
                       "(paper) or 0.4 (released)."});
  }
};

// Filters as columns of height * width pixels, row by row; phases are the fastest to change, then
// bandwidths, then orientations. The other members have one number per filter, in radians.
template <class T>
struct LogGaborBank {
  Matrix<T> filters;
  std::vector<double> theta;      // orientation of the wave, [0, pi)
  std::vector<double> bandwidth;  // angular
  std::vector<double> phase;      // 0: even, pi / 2: odd
};

// T is float or double. Error: a setting out of range, a filter that is 0 at every pixel.
template <class T>
LogGaborBank<T> log_gabor(const LogGaborSettings& settings = {});

// The filters alone, scaled to norm 1 under either convention.
template <class T>
Matrix<T> log_gabor_atoms(const LogGaborSettings& settings = {});

}  // namespace striate
