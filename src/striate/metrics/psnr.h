// Problem    how far is an image from its reference, in decibels
// Update     PSNR = 10 log10(peak^2 / MSE),   MSE = mean_i (reference_i - image_i)^2
//            SNR  = 10 log10(mean_i (reference_i - m)^2 / MSE)
// Symbols    peak: see PeakRule. Whitened images and patches have no 255, so the peak has
//            to be said. m: 0, or the mean of the reference (see SnrSignal)
// Instead    ssim: nearer to what eyes see
//
// Equal images: +infinity. A peak that is not above 0 (the maximum of a patch without light): NaN.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "striate/core/matrix.h"
#include "striate/core/settings.h"

namespace striate {

enum class PeakRule {
  max,         // the largest value of each reference
  global_max,  // the largest value of all references together
  range        // largest minus smallest value of each reference
};
template <>
struct EnumNames<PeakRule> {
  static constexpr std::array<std::string_view, 3> names{"max", "global_max", "range"};
};

// A rule, or the peak itself (255, 1).
using Peak = std::variant<PeakRule, double>;

// From what users write: "max", "global_max", "range" or a number above 0; Error, led by `who`, for
// anything else.
Peak peak_from(std::string_view who, const Value& value);

// One image, given as its values in any order. T is float or double; sums are in double.
// Error: different or zero lengths, a value that is not finite, a peak that is not above 0.
template <class T>
double psnr(std::span<const T> reference, std::span<const T> image, Peak peak = PeakRule::max);
// One figure per column.
template <class T>
std::vector<double> psnr_columns(MatrixView<const T> references, Signals<T> images,
                                 Peak peak = PeakRule::max);

enum class SnrSignal {
  energy,   // all of the reference
  variance  // what differs from its mean: the same whatever brightness is added to both
};
template <>
struct EnumNames<SnrSignal> {
  static constexpr std::array<std::string_view, 2> names{"energy", "variance"};
};

struct SnrSettings {
  SnrSignal signal = SnrSignal::energy;

  static void describe(auto& s, auto&& visit) {
    visit(s.signal, {.name = "signal",
                     .sentence = "What of the reference counts: all its energy, or its variance."});
  }
};

// Errors as psnr; -infinity where the reference has nothing that counts.
template <class T>
double snr(std::span<const T> reference, std::span<const T> image,
           const SnrSettings& settings = {});

}  // namespace striate
