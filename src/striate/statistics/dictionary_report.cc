#include "striate/statistics/dictionary_report.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

#include "striate/core/parallel.h"
#include "striate/linalg/fft.h"
#include "striate/linalg/kernels.h"
#include "striate/statistics/detail/atom_spectrum.h"

namespace striate {
namespace {

constexpr double pi = std::numbers::pi;

double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

template <class Items, class Test>
double share(const Items& items, const Test& test) {
  return items.empty() ? std::numeric_limits<double>::quiet_NaN()
                       : static_cast<double>(std::count_if(items.begin(), items.end(), test)) /
                             static_cast<double>(items.size());
}

// The wave's phase at (row, column), radians.
double phase_at(const GaborFit& fit, double row, double column) {
  const double u = (column - fit.column) * std::cos(fit.orientation) +
                   (row - fit.row) * std::sin(fit.orientation);
  return fit.phase + 2 * pi * fit.frequency * u;
}

// 0 .. 90 degrees.
double phase_difference(const GaborFit& a, GaborFit b) {
  if (std::cos(a.orientation - b.orientation) < 0) {  // let both waves run the same way
    b.orientation += pi;
    b.phase = -b.phase;
  }
  const double row = (a.row + b.row) / 2, column = (a.column + b.column) / 2;
  return std::abs(std::remainder(phase_at(a, row, column) - phase_at(b, row, column), pi)) * 180 /
         pi;
}

}  // namespace

template <class T>
AtomShape atom_shape(std::span<const T> atom) {
  const std::int64_t side = detail::atom_side("atom_shape", atom);
  std::vector<double> values(atom.begin(), atom.end());
  double energy = 0;
  for (const double x : values) energy += x * x;
  if (energy == 0) return {};
  for (double& x : values) x /= std::sqrt(energy);

  AtomShape shape;
  const std::int64_t window = side / 2;
  for (std::int64_t top = 0; top + window <= side; ++top)
    for (std::int64_t left = 0; left + window <= side; ++left) {
      double inside = 0;
      for (std::int64_t r = top; r < top + window; ++r)
        for (std::int64_t c = left; c < left + window; ++c) {
          const double x = values[static_cast<std::size_t>(r * side + c)];
          inside += x * x;
        }
      shape.window_energy = std::max(shape.window_energy, inside);
    }

  const detail::PowerSpectrum spectrum = detail::power_spectrum(values, side);
  const std::int64_t rings = side;  // of width 1 / (2 side), from 0 to 1/2 cycle per pixel
  std::vector<double> power(static_cast<std::size_t>(rings)), count(power.size());
  std::complex<double> resultant = 0;
  double total = 0;
  for (std::int64_t u = 0; u < spectrum.n; ++u)
    for (std::int64_t v = 0; v < spectrum.columns(); ++v) {
      const double fx = fft_frequency(v, spectrum.n), fy = fft_frequency(u, spectrum.n);
      const double weighted = spectrum.weight(v) * spectrum.at(u, v);
      resultant += weighted * std::polar(1.0, 2 * std::atan2(fy, fx));
      total += weighted;
      const auto ring =
          static_cast<std::int64_t>(std::hypot(fx, fy) * 2 * static_cast<double>(side));
      if (ring >= rings) continue;
      power[static_cast<std::size_t>(ring)] += weighted;
      count[static_cast<std::size_t>(ring)] += spectrum.weight(v);
    }
  for (std::size_t k = 0; k < power.size(); ++k) power[k] /= count[k];
  const double largest = *std::max_element(power.begin(), power.end());
  shape.orientedness = std::abs(resultant) / total;
  shape.low = power.front() / largest;
  shape.high = power.back() / largest;
  shape.localised = shape.window_energy >= 0.5;
  shape.oriented = shape.orientedness >= 0.5;
  shape.band_pass = shape.low <= 0.5 && shape.high <= 0.5;
  return shape;
}

template <class T>
DictionaryReport dictionary_report(MatrixView<const T> atoms,
                                   const DictionaryReportSettings& settings, const Run& run) {
  validate("dictionary_report", settings);
  if (atoms.columns % settings.group_size != 0)
    throw Error("dictionary_report: ", atoms.columns, " atoms do not make groups of ",
                settings.group_size);
  const auto count = static_cast<std::size_t>(atoms.columns);
  DictionaryReport report;
  report.fits = fit_gabors(atoms, run);
  report.shapes.resize(count);
  parallel_for(atoms.columns, [&](std::int64_t k, int) {
    report.shapes[static_cast<std::size_t>(k)] = atom_shape<T>(atoms.column(k));
  });

  const auto& shapes = report.shapes;
  report.localised = share(shapes, [](const AtomShape& s) { return s.localised; });
  report.oriented = share(shapes, [](const AtomShape& s) { return s.oriented; });
  report.band_pass = share(shapes, [](const AtomShape& s) { return s.band_pass; });
  report.all_three =
      share(shapes, [](const AtomShape& s) { return s.localised && s.oriented && s.band_pass; });
  const auto good = [&](const GaborFit& fit) { return fit.explained >= settings.well_fitted; };
  report.well_fitted = share(report.fits, good);
  std::vector<double> explained, frequencies;
  for (const GaborFit& fit : report.fits) {
    explained.push_back(fit.explained);
    if (good(fit)) frequencies.push_back(fit.frequency);
  }
  report.median_explained = median(explained);
  report.median_frequency = median(frequencies);

  std::vector<double> cosines, orientations, ratios, phases;
  if (settings.group_size == 2) {
    report.pairs = atoms.columns / 2;
    for (std::int64_t p = 0; p < report.pairs; ++p) {
      const T* x = atoms.column(2 * p).data();
      const T* y = atoms.column(2 * p + 1).data();
      const double norms = std::sqrt(dot<double>(atoms.rows, x, x) * dot<double>(atoms.rows, y, y));
      if (norms > 0) cosines.push_back(std::abs(dot<double>(atoms.rows, x, y)) / norms);
      const GaborFit& a = report.fits[static_cast<std::size_t>(2 * p)];
      const GaborFit& b = report.fits[static_cast<std::size_t>(2 * p + 1)];
      if (!good(a) || !good(b)) continue;
      ++report.well_fitted_pairs;
      orientations.push_back(std::abs(std::remainder(a.orientation - b.orientation, pi)) * 180 /
                             pi);
      const double sum = a.frequency + b.frequency;
      ratios.push_back(sum > 0 ? 2 * std::abs(a.frequency - b.frequency) / sum : 0);
      phases.push_back(phase_difference(a, b));
    }
  }
  report.median_cosine = median(cosines);
  report.median_orientation_difference = median(orientations);
  report.median_frequency_difference = median(ratios);
  report.median_phase_difference = median(phases);
  return report;
}

template AtomShape atom_shape(std::span<const float>);
template AtomShape atom_shape(std::span<const double>);
template DictionaryReport dictionary_report(MatrixView<const float>,
                                            const DictionaryReportSettings&, const Run&);
template DictionaryReport dictionary_report(MatrixView<const double>,
                                            const DictionaryReportSettings&, const Run&);

}  // namespace striate
