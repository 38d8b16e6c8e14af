#include "striate/dictionaries/log_gabor.h"

#include <algorithm>
#include <numbers>

#include "striate/dictionaries/constructors.h"

namespace striate {
namespace {

using std::numbers::pi;

std::vector<double> bandwidths_in_degrees(const LogGaborSettings& s) {
  if (!s.angular_bandwidths.empty()) return s.angular_bandwidths;
  if (s.kind == LogGaborKind::homogeneous) return {12};
  if (s.convention == LogGaborConvention::released) return {5, 10, 15, 20, 25, 30};
  return {3, 8.4, 13.8, 19.2, 24.6, 30};
}

}  // namespace

template <class T>
LogGaborBank<T> log_gabor(const LogGaborSettings& s) {
  validate("log_gabor", s);
  const std::vector<double> bandwidths = bandwidths_in_degrees(s);
  const int orientations = s.orientations.value_or(s.kind == LogGaborKind::heterogeneous ? 12 : 72);
  const LogGaborPairs pairs(s.convention, s.height, s.width, s.frequency_spread);
  LogGaborBank<T> bank;
  bank.filters = Matrix<T>(pairs.taps(), std::int64_t{2} * orientations * std::ssize(bandwidths));
  std::vector<double> even(static_cast<std::size_t>(pairs.taps())), odd = even;
  for (int orientation = 0; orientation < orientations; ++orientation)
    for (const double degrees : bandwidths) {
      const LogGaborPlace place{pi * orientation / orientations, pi / 180 * degrees,
                                s.peak_frequency};
      const double bound = pairs.make(place, even.data(), odd.data());
      for (std::vector<double>* taps : {&even, &odd}) {
        if (pairs.ready(taps->data(), 1e-12 * bound) == 0)
          throw Error("log_gabor: the ", taps == &odd ? "odd" : "even", " filter of orientation ",
                      place.theta, " and bandwidth ", degrees, " degrees is 0 on ", s.height, " x ",
                      s.width, " pixels; take more pixels, a wider band or another frequency");
        std::ranges::transform(*taps, bank.filters.column(std::ssize(bank.theta)).begin(),
                               [](double x) { return static_cast<T>(x); });
        bank.theta.push_back(place.theta);
        bank.bandwidth.push_back(place.bandwidth);
        bank.phase.push_back(taps == &odd ? pi / 2 : 0);
      }
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
