// The even and the odd log-Gabor filter of any orientation, bandwidth and frequency: what the banks of
// log_gabor.h are made of and what fits try. The symbols are those of log_gabor.h.
#pragma once

#include <array>
#include <complex>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "striate/core/settings.h"

namespace striate {

enum class LogGaborConvention { paper, released };
template <>
struct EnumNames<LogGaborConvention> {
  static constexpr std::array<std::string_view, 2> names{"paper", "released"};
};

struct LogGaborPlace {
  double theta = 0;      // orientation of the wave, radians
  double bandwidth = 0;  // angular, radians, above 0
  double frequency = 0;  // at the top of the radial curve, cycles per pixel, above 0
};

// Filters of one convention and size. Safe to share between threads.
class LogGaborPairs {
 public:
  // Spread of ln f: ln 2 (paper) or 0.4 (released) if not given. Error: no rows or no columns.
  LogGaborPairs(LogGaborConvention convention, std::int64_t height, std::int64_t width,
                std::optional<double> frequency_spread = {});

  std::int64_t taps() const { return height_ * width_; }

  // Writes taps() values each, row by row, of one scale: cos(phase) even + sin(phase) odd is the
  // filter of this phase before the steps that ready() takes. Returns a bound of all their sizes;
  // a filter that is 0 but for rounding has no tap beyond 1e-12 of it.
  double make(const LogGaborPlace& place, double* even, double* odd) const;

  // The last steps of the convention: norm 1 (paper), or less the median and a peak of 1 (released).
  // Returns the factor that the taps were multiplied with; 0, and nothing is done, if there is
  // none larger than `nothing`.
  double ready(double* taps, double nothing) const;

 private:
  struct Frequency {
    double down = 1, right = 0;  // direction
    double logarithm = 0;
    double weight = 0;           // the part that no parameter changes
    std::complex<double> shift;  // moves the origin to the middle
  };
  LogGaborConvention convention_;
  std::int64_t height_, width_;
  double spread_;
  std::vector<Frequency> grid_;
  std::vector<double> window_;
};

}  // namespace striate
