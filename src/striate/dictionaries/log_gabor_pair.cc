#include "striate/dictionaries/log_gabor_pair.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "striate/core/disc.h"
#include "striate/linalg/fft.h"

namespace striate {
namespace {

using std::numbers::ln2;
using std::numbers::pi;
using Complex = std::complex<double>;

double median(std::vector<double> x) {
  const auto middle = x.begin() + std::ssize(x) / 2;
  std::nth_element(x.begin(), middle, x.end());
  return x.size() % 2 ? *middle : (*middle + *std::max_element(x.begin(), middle)) / 2;
}

}  // namespace

LogGaborPairs::LogGaborPairs(LogGaborConvention convention, std::int64_t height, std::int64_t width,
                             std::optional<double> frequency_spread)
    : convention_(convention), height_(height), width_(width) {
  if (height < 1 || width < 1)
    throw Error("LogGaborPairs: ", height, " rows and ", width,
                " columns; there must be at least one of each");
  const bool released = convention == LogGaborConvention::released;
  spread_ = frequency_spread.value_or(released ? 0.4 : ln2);
  for (std::int64_t u = 0; u < height; ++u)
    for (std::int64_t v = 0; v < width; ++v) {
      const double row = fft_frequency(u, height), column = fft_frequency(v, width);
      double f = std::hypot(row, column);
      Frequency k;
      if (f > 0) k.down = row / f, k.right = column / f;
      k.shift = std::polar(1., -2 * pi *
                                   (static_cast<double>(height / 2) * row +
                                    static_cast<double>(width / 2) * column));
      if (released) {
        f = std::max(f, 1e-6);
        const double low = f * static_cast<double>(std::max(height, width)) / 0.5;
        if (f < 0.5)
          k.weight = (1 - std::exp((f - 0.5) / 0.035)) * (1 - std::exp(-low * low / 2)) / f;
      } else if (f > 0) {
        k.weight = 1;
      }
      if (f > 0) k.logarithm = std::log(f);
      grid_.push_back(k);
    }
  if (released) window_ = disc(height, width);
}

double LogGaborPairs::make(const LogGaborPlace& place, double* even, double* odd) const {
  const bool released = convention_ == LogGaborConvention::released;
  const double down = std::cos(place.theta), right = std::sin(place.theta);
  const double peak = std::log(place.frequency), square = place.bandwidth * place.bandwidth;
  // Below this a cosine is 0 but for rounding.
  constexpr double nothing = 1e-12;
  std::vector<double> exponent(grid_.size()), size(grid_.size()), sign(grid_.size(), -1);
  // Relative to the largest, so that narrow filters are not lost to rounding.
  double top = -std::numeric_limits<double>::infinity(), sum = 0;
  for (std::size_t i = 0; i < grid_.size(); ++i) {
    const Frequency& k = grid_[i];
    const double c = k.down * down + k.right * right, x = (k.logarithm - peak) / spread_;
    exponent[i] = (released ? c : (2 * c * c - 1) * ln2 / 2) / square;
    size[i] = k.weight * std::exp(-x * x / 2);
    if (!released) sign[i] = c > nothing ? 1 : c < -nothing ? -1 : 0;
    if (size[i] > 0) top = std::max(top, exponent[i]);
  }
  for (std::size_t i = 0; i < grid_.size(); ++i)
    if (size[i] > 0) sum += size[i] *= std::exp(exponent[i] - top);

  // Where the spectra of the real parts are stored: both are those of Hermitian planes.
  const std::int64_t half = fft_columns(width_);
  std::vector<Complex> evens, odds;
  for (std::int64_t u = 0; u < height_; ++u)
    for (std::int64_t v = 0; v < half; ++v) {
      const std::int64_t opposite_u = u ? height_ - u : 0, opposite_v = v ? width_ - v : 0;
      const auto here = static_cast<std::size_t>(u * width_ + v);
      const auto there = static_cast<std::size_t>(opposite_u * width_ + opposite_v);
      const Complex a = size[here] * grid_[here].shift, b = size[there] * grid_[there].shift;
      evens.push_back(0.5 * (a + std::conj(b)));
      odds.push_back(Complex(0, 0.5) * (sign[here] * a - sign[there] * std::conj(b)));
    }
  inverse_fft2(evens.data(), Plane<double>{even, height_, width_, width_});
  inverse_fft2(odds.data(), Plane<double>{odd, height_, width_, width_});
  for (std::size_t i = 0; i < window_.size(); ++i) even[i] *= window_[i], odd[i] *= window_[i];
  return sum / static_cast<double>(taps());
}

double LogGaborPairs::ready(double* values, double nothing) const {
  const bool released = convention_ == LogGaborConvention::released;
  const double middle = released ? median({values, values + taps()}) : 0;
  double squares = 0, largest = 0;
  for (std::int64_t i = 0; i < taps(); ++i) {
    const double x = values[i] - middle;
    squares += x * x;
    largest = std::max(largest, std::abs(x));
  }
  if (!(largest > nothing)) return 0;
  const double scale = 1 / (released ? largest : std::sqrt(squares));
  for (std::int64_t i = 0; i < taps(); ++i) values[i] = scale * (values[i] - middle);
  return scale;
}

}  // namespace striate
