#include "striate/dictionaries/log_gabor.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

#include "striate/dictionaries/constructors.h"
#include "striate/linalg/fft.h"

namespace striate {
namespace {

using std::numbers::ln2;
using std::numbers::pi;
using Complex = std::complex<double>;

bool released(const LogGaborSettings& s) { return s.convention == LogGaborConvention::released; }

std::vector<double> bandwidths_in_degrees(const LogGaborSettings& s) {
  if (!s.angular_bandwidths.empty()) return s.angular_bandwidths;
  if (s.kind == LogGaborKind::homogeneous) return {12};
  if (released(s)) return {5, 10, 15, 20, 25, 30};
  return {3, 8.4, 13.8, 19.2, 24.6, 30};
}

// A frequency of the grid: its direction, and its weight in filters of all orientations.
struct Frequency {
  double down = 1, right = 0;
  double weight = 0;
  Complex shift;  // moves the origin to the middle
};

std::vector<Frequency> frequencies(const LogGaborSettings& s) {
  const double spread = s.frequency_spread.value_or(released(s) ? 0.4 : ln2);
  std::vector<Frequency> grid;
  for (std::int64_t u = 0; u < s.height; ++u)
    for (std::int64_t v = 0; v < s.width; ++v) {
      const double row = fft_frequency(u, s.height), column = fft_frequency(v, s.width);
      double f = std::hypot(row, column);
      Frequency k;
      if (f > 0) k.down = row / f, k.right = column / f;
      k.shift = std::polar(1., -2 * pi * (s.height / 2 * row + s.width / 2 * column));
      const auto curve = [&] {
        const double x = std::log(f / s.peak_frequency) / spread;
        return std::exp(-x * x / 2);
      };
      if (released(s)) {
        f = std::max(f, 1e-6);
        const double low = f * std::max(s.height, s.width) / 0.5;
        if (f < 0.5)
          k.weight =
              curve() / f * (1 - std::exp((f - 0.5) / 0.035)) * (1 - std::exp(-low * low / 2));
      } else if (f > 0) {
        k.weight = curve();
      }
      grid.push_back(k);
    }
  return grid;
}

// The spectrum's values where it is stored: those of the real part of the inverse transform.
std::vector<Complex> spectrum(const LogGaborSettings& s, const std::vector<Frequency>& grid,
                              double theta, double bandwidth, bool odd) {
  const double down = std::cos(theta), right = std::sin(theta);
  // Below this a cosine is 0 but for rounding.
  constexpr double nothing = 1e-12;
  const auto cosine = [&](const Frequency& k) { return k.down * down + k.right * right; };
  const auto exponent = [&](const Frequency& k) {
    const double c = cosine(k);
    return (released(s) ? c : (2 * c * c - 1) * ln2 / 2) / (bandwidth * bandwidth);
  };
  // Relative to the largest, so that narrow filters are not lost to rounding.
  double top = -std::numeric_limits<double>::infinity();
  for (const Frequency& k : grid)
    if (k.weight > 0) top = std::max(top, exponent(k));
  const auto value = [&](const Frequency& k) -> Complex {
    if (k.weight == 0) return 0;
    const Complex even = k.weight * std::exp(exponent(k) - top) * k.shift;
    if (!odd) return even;
    if (released(s)) return Complex(0, -1) * even;
    const double c = cosine(k);
    return Complex(0, c > nothing ? 1 : c < -nothing ? -1 : 0) * even;
  };
  const std::int64_t half = fft_columns(s.width);
  std::vector<Complex> stored;
  for (std::int64_t u = 0; u < s.height; ++u)
    for (std::int64_t v = 0; v < half; ++v) {
      const std::int64_t opposite_u = u ? s.height - u : 0, opposite_v = v ? s.width - v : 0;
      const Frequency& here = grid[static_cast<std::size_t>(u * s.width + v)];
      const Frequency& there = grid[static_cast<std::size_t>(opposite_u * s.width + opposite_v)];
      stored.push_back(0.5 * (value(here) + std::conj(value(there))));
    }
  return stored;
}

double median(std::vector<double> x) {
  const auto middle = x.begin() + std::ssize(x) / 2;
  std::nth_element(x.begin(), middle, x.end());
  return x.size() % 2 ? *middle : (*middle + *std::max_element(x.begin(), middle)) / 2;
}

// The disc: 1 in the middle, 0 at the borders.
std::vector<double> disc(const LogGaborSettings& s) {
  std::vector<double> window;
  for (int row = 0; row < s.height; ++row)
    for (int column = 0; column < s.width; ++column) {
      const double radius =
          std::hypot(2. * row / (s.height - 1) - 1, 2. * column / (s.width - 1) - 1);
      window.push_back(radius < 1 ? std::cbrt((1 + std::cos(pi * radius)) / 2) : 0);
    }
  return window;
}

}  // namespace

template <class T>
LogGaborBank<T> log_gabor(const LogGaborSettings& s) {
  validate("log_gabor", s);
  const std::vector<double> bandwidths = bandwidths_in_degrees(s);
  const int orientations = s.orientations.value_or(s.kind == LogGaborKind::heterogeneous ? 12 : 72);
  const std::vector<Frequency> grid = frequencies(s);
  const std::vector<double> window = disc(s);
  LogGaborBank<T> bank;
  bank.filters = Matrix<T>(std::int64_t{s.height} * s.width,
                           std::int64_t{2} * orientations * std::ssize(bandwidths));
  std::vector<double> taps(grid.size());
  std::int64_t filter = 0;
  for (int orientation = 0; orientation < orientations; ++orientation)
    for (const double degrees : bandwidths)
      for (const bool odd : {false, true}) {
        const double theta = pi * orientation / orientations, bandwidth = pi / 180 * degrees;
        const std::vector<Complex> values = spectrum(s, grid, theta, bandwidth, odd);
        inverse_fft2(values.data(), Plane<double>{taps.data(), s.height, s.width, s.width});
        double squares = 0, largest = 0;
        if (released(s)) {
          for (std::size_t i = 0; i < taps.size(); ++i) taps[i] *= window[i];
          const double middle = median(taps);
          for (double& x : taps) x -= middle;
        }
        for (const double x : taps) {
          squares += x * x;
          largest = std::max(largest, std::abs(x));
        }
        double bound = 0;  // no tap is larger
        for (const Complex& z : values) bound += 2 * std::abs(z) / static_cast<double>(taps.size());
        if (!(largest > 1e-12 * bound))
          throw Error("log_gabor: the ", odd ? "odd" : "even", " filter of orientation ", theta,
                      " and bandwidth ", degrees, " degrees is 0 on ", s.height, " x ", s.width,
                      " pixels; take more pixels, a wider band or another frequency");
        const double scale = 1 / (released(s) ? largest : std::sqrt(squares));
        std::ranges::transform(taps, bank.filters.column(filter++).begin(),
                               [&](double x) { return static_cast<T>(scale * x); });
        bank.theta.push_back(theta);
        bank.bandwidth.push_back(bandwidth);
        bank.phase.push_back(odd ? pi / 2 : 0);
      }
  return bank;
}

template <class T>
Matrix<T> log_gabor_atoms(const LogGaborSettings& s) {
  Matrix<T> atoms = log_gabor<T>(s).filters;
  normalize_atoms(atoms.view());
  return atoms;
}

template LogGaborBank<float> log_gabor(const LogGaborSettings&);
template LogGaborBank<double> log_gabor(const LogGaborSettings&);
template Matrix<float> log_gabor_atoms(const LogGaborSettings&);
template Matrix<double> log_gabor_atoms(const LogGaborSettings&);

}  // namespace striate
