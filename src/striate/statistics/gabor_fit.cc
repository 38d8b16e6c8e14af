#include "striate/statistics/gabor_fit.h"

#include <ceres/cost_function.h>
#include <ceres/problem.h>
#include <ceres/solver.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

#include "striate/core/parallel.h"
#include "striate/linalg/fft.h"
#include "striate/statistics/detail/atom_spectrum.h"

namespace striate {
namespace {

constexpr double two_pi = 2 * std::numbers::pi;

// What the solver varies: centre, frequency, orientation, logarithms of the widths, and the wave
// a cos(2 pi f u) - b sin(2 pi f u), that is a = A cos(phase), b = A sin(phase).
struct Parameters {
  enum { x0, y0, f, t, log_su, log_sv, a, b, count };
};
using Point = std::array<double, Parameters::count>;

// Values of the envelope and the wave's phase at one pixel.
struct Local {
  double u, v, envelope, cosine, sine;
};
Local local(const double* p, double x, double y) {
  using P = Parameters;
  const double dx = x - p[P::x0], dy = y - p[P::y0], c = std::cos(p[P::t]), s = std::sin(p[P::t]);
  const double u = dx * c + dy * s, v = dy * c - dx * s;
  const double a = u * std::exp(-p[P::log_su]), b = v * std::exp(-p[P::log_sv]);
  const double angle = two_pi * p[P::f] * u;
  return {u, v, std::exp(-0.5 * (a * a + b * b)), std::cos(angle), std::sin(angle)};
}

class GaborCost : public ceres::CostFunction {
 public:
  GaborCost(std::span<const double> atom, std::int64_t side) : atom_(atom), side_(side) {
    set_num_residuals(static_cast<int>(atom.size()));
    mutable_parameter_block_sizes()->push_back(Parameters::count);
  }

  bool Evaluate(const double* const* parameters, double* residuals,
                double** jacobians) const override {
    using P = Parameters;
    const double* p = parameters[0];
    const double c = std::cos(p[P::t]), s = std::sin(p[P::t]);
    const double iu = std::exp(-2 * p[P::log_su]), iv = std::exp(-2 * p[P::log_sv]);
    double* row = jacobians ? jacobians[0] : nullptr;
    for (std::int64_t y = 0; y < side_; ++y)
      for (std::int64_t x = 0; x < side_; ++x) {
        const Local at = local(p, static_cast<double>(x), static_cast<double>(y));
        const double wave = p[P::a] * at.cosine - p[P::b] * at.sine;
        const double turned = -p[P::a] * at.sine - p[P::b] * at.cosine;  // d wave / d angle
        *residuals++ = at.envelope * wave - atom_[static_cast<std::size_t>(y * side_ + x)];
        if (!row) continue;
        const double du = at.envelope * (two_pi * p[P::f] * turned - at.u * iu * wave);
        const double dv = -at.envelope * at.v * iv * wave;
        row[P::x0] = -c * du + s * dv;
        row[P::y0] = -s * du - c * dv;
        row[P::f] = at.envelope * turned * two_pi * at.u;
        row[P::t] = at.v * du - at.u * dv;
        row[P::log_su] = at.envelope * wave * at.u * at.u * iu;
        row[P::log_sv] = at.envelope * wave * at.v * at.v * iv;
        row[P::a] = at.envelope * at.cosine;
        row[P::b] = -at.envelope * at.sine;
        row += P::count;
      }
    return true;
  }

 private:
  std::span<const double> atom_;
  std::int64_t side_;
};

// The least-squares a and b of a point whose other values stand; returns the squared error.
double fit_wave(std::span<const double> atom, std::int64_t side, Point& p) {
  using P = Parameters;
  double cc = 0, cs = 0, ss = 0, yc = 0, ys = 0, yy = 0;
  for (std::int64_t y = 0; y < side; ++y)
    for (std::int64_t x = 0; x < side; ++x) {
      const Local at = local(p.data(), static_cast<double>(x), static_cast<double>(y));
      const double value = atom[static_cast<std::size_t>(y * side + x)];
      const double c = at.envelope * at.cosine, s = -at.envelope * at.sine;
      cc += c * c, cs += c * s, ss += s * s, yc += value * c, ys += value * s, yy += value * value;
    }
  const double ridge = 1e-9 * (cc + ss) + 1e-300;  // at low frequencies the sine may vanish
  const double determinant = (cc + ridge) * (ss + ridge) - cs * cs;
  p[P::a] = (yc * (ss + ridge) - ys * cs) / determinant;
  p[P::b] = (ys * (cc + ridge) - yc * cs) / determinant;
  const double a = p[P::a], b = p[P::b];
  return yy - 2 * (a * yc + b * ys) + a * a * cc + 2 * a * b * cs + b * b * ss;
}

struct Wave {
  double fx, fy, power;
};

// The highest peaks of the spectrum, at least 1 / side apart.
std::vector<Wave> spectral_peaks(std::span<const double> atom, std::int64_t side,
                                 std::size_t count) {
  const detail::PowerSpectrum spectrum = detail::power_spectrum(atom, side);
  std::vector<Wave> waves, peaks;
  for (std::int64_t u = 0; u < spectrum.n; ++u)
    for (std::int64_t v = 0; v < spectrum.columns(); ++v)
      waves.push_back(
          {fft_frequency(v, spectrum.n), fft_frequency(u, spectrum.n), spectrum.at(u, v)});
  std::stable_sort(waves.begin(), waves.end(),
                   [](const Wave& a, const Wave& b) { return a.power > b.power; });
  const double apart = 1 / static_cast<double>(side);
  for (const Wave& wave : waves) {
    if (peaks.size() == count) break;
    // A wave and its opposite are the same.
    if (std::all_of(peaks.begin(), peaks.end(), [&](const Wave& peak) {
          return std::hypot(wave.fx - peak.fx, wave.fy - peak.fy) >= apart &&
                 std::hypot(wave.fx + peak.fx, wave.fy + peak.fy) >= apart;
        }))
      peaks.push_back(wave);
  }
  return peaks;
}

// Where the atom swings most at this frequency: the peak of |atom exp(-i wave)| under a Gaussian of
// width side / 8.
std::pair<double, double> envelope_peak(std::span<const double> atom, std::int64_t side,
                                        const Wave& wave) {
  std::vector<double> weights;
  for (std::int64_t k = 0; k < side; ++k)
    weights.push_back(
        std::exp(-32.0 * static_cast<double>(k * k) / static_cast<double>(side * side)));
  const auto weight = [&](std::int64_t i, std::int64_t j) {
    return weights[static_cast<std::size_t>(std::abs(i - j))];
  };
  std::vector<std::complex<double>> along(atom.size());
  for (std::int64_t y = 0; y < side; ++y)
    for (std::int64_t x = 0; x < side; ++x) {
      const std::complex<double> value =
          atom[static_cast<std::size_t>(y * side + x)] *
          std::polar(
              1.0, -two_pi * (wave.fx * static_cast<double>(x) + wave.fy * static_cast<double>(y)));
      for (std::int64_t to = 0; to < side; ++to)
        along[static_cast<std::size_t>(y * side + to)] += weight(x, to) * value;
    }
  double best = -1;
  std::pair<double, double> place{0, 0};
  for (std::int64_t y = 0; y < side; ++y)
    for (std::int64_t x = 0; x < side; ++x) {
      std::complex<double> sum = 0;
      for (std::int64_t from = 0; from < side; ++from)
        sum += weight(from, y) * along[static_cast<std::size_t>(from * side + x)];
      if (std::norm(sum) > best) {
        best = std::norm(sum);
        place = {static_cast<double>(x), static_cast<double>(y)};
      }
    }
  return place;
}

// Starts that differ in frequency and, for each, the two best pairs of widths.
std::vector<Point> starts(std::span<const double> atom, std::int64_t side) {
  using P = Parameters;
  std::vector<Point> all;
  for (const Wave& wave : spectral_peaks(atom, side, 3)) {
    const auto [x, y] = envelope_peak(atom, side, wave);
    std::vector<std::pair<double, Point>> candidates;
    for (const double su : {1 / 14.0, 1 / 8.0, 1 / 4.0})
      for (const double sv : {1 / 14.0, 1 / 8.0, 1 / 4.0}) {
        Point p{};
        p[P::x0] = x;
        p[P::y0] = y;
        p[P::f] = std::hypot(wave.fx, wave.fy);
        p[P::t] = std::atan2(wave.fy, wave.fx);
        p[P::log_su] = std::log(su * static_cast<double>(side));
        p[P::log_sv] = std::log(sv * static_cast<double>(side));
        const double error = fit_wave(atom, side, p);
        candidates.emplace_back(error, p);
      }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    all.push_back(candidates[0].second);
    all.push_back(candidates[1].second);
  }
  return all;
}

// Half the squared error at the end; `p` becomes the end.
double descend(GaborCost& cost, std::int64_t side, Point& p) {
  using P = Parameters;
  ceres::Problem::Options ownership;
  ownership.cost_function_ownership = ceres::DO_NOT_TAKE_OWNERSHIP;
  ceres::Problem problem(ownership);
  problem.AddResidualBlock(&cost, nullptr, p.data());
  const auto pixels = static_cast<double>(side);
  const auto bound = [&](int which, double low, double high) {
    p[static_cast<std::size_t>(which)] = std::clamp(p[static_cast<std::size_t>(which)], low, high);
    problem.SetParameterLowerBound(p.data(), which, low);
    problem.SetParameterUpperBound(p.data(), which, high);
  };
  bound(P::x0, -pixels / 4, 1.25 * pixels);
  bound(P::y0, -pixels / 4, 1.25 * pixels);
  bound(P::f, 0, std::numbers::sqrt2 / 2);
  bound(P::log_su, std::log(0.5), std::log(2 * pixels));
  bound(P::log_sv, std::log(0.5), std::log(2 * pixels));
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.logging_type = ceres::SILENT;
  options.num_threads = 1;
  options.max_num_iterations = 60;
  options.function_tolerance = 1e-9;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  return summary.final_cost;
}

// (-pi, pi]
double wrapped(double phase) {
  const double turned = std::remainder(phase, two_pi);
  return turned == -std::numbers::pi ? std::numbers::pi : turned;
}

}  // namespace

std::vector<double> gabor(const GaborFit& fit, std::int64_t patch) {
  const Point p{fit.column,
                fit.row,
                fit.frequency,
                fit.orientation,
                std::log(fit.width),
                std::log(fit.length),
                fit.amplitude * std::cos(fit.phase),
                fit.amplitude * std::sin(fit.phase)};
  std::vector<double> values;
  for (std::int64_t y = 0; y < patch; ++y)
    for (std::int64_t x = 0; x < patch; ++x) {
      const Local at = local(p.data(), static_cast<double>(x), static_cast<double>(y));
      values.push_back(at.envelope * (p[Parameters::a] * at.cosine - p[Parameters::b] * at.sine));
    }
  return values;
}

template <class T>
GaborFit fit_gabor(std::span<const T> atom) {
  using P = Parameters;
  const std::int64_t side = detail::atom_side("fit_gabor", atom);
  std::vector<double> values(atom.begin(), atom.end());
  double energy = 0;
  for (const double x : values) energy += x * x;
  if (energy == 0) return {};
  const double norm = std::sqrt(energy);
  for (double& x : values) x /= norm;

  GaborCost cost(values, side);
  Point best{};
  double lowest = std::numeric_limits<double>::infinity();
  for (Point p : starts(values, side)) {
    const double end = descend(cost, side, p);
    if (end < lowest) {
      lowest = end;
      best = p;
    }
  }

  GaborFit fit;
  fit.column = best[P::x0];
  fit.row = best[P::y0];
  fit.frequency = best[P::f];
  fit.width = std::exp(best[P::log_su]);
  fit.length = std::exp(best[P::log_sv]);
  fit.amplitude = norm * std::hypot(best[P::a], best[P::b]);
  fit.explained = 1 - 2 * lowest;
  // A wave read against its direction has the opposite phase.
  const double half_turns = std::floor(best[P::t] / std::numbers::pi);
  fit.orientation = best[P::t] - half_turns * std::numbers::pi;
  const double phase = std::atan2(best[P::b], best[P::a]);
  fit.phase = wrapped(std::fmod(half_turns, 2) == 0 ? phase : -phase);
  return fit;
}

template <class T>
std::vector<GaborFit> fit_gabors(MatrixView<const T> atoms, const Run& run) {
  std::vector<GaborFit> fits(static_cast<std::size_t>(atoms.columns));
  RunState state(run, "fit_gabors", atoms.columns);
  parallel_for(
      atoms.columns,
      [&](std::int64_t k, int) {
        fits[static_cast<std::size_t>(k)] = fit_gabor<T>(atoms.column(k));
        state.advance(1);
      },
      state);
  return fits;
}

template GaborFit fit_gabor(std::span<const float>);
template GaborFit fit_gabor(std::span<const double>);
template std::vector<GaborFit> fit_gabors(MatrixView<const float>, const Run&);
template std::vector<GaborFit> fit_gabors(MatrixView<const double>, const Run&);

}  // namespace striate
