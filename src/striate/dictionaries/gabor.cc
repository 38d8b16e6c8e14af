#include "striate/dictionaries/gabor.h"

#include <cmath>
#include <numbers>
#include <vector>

#include "striate/dictionaries/constructors.h"

namespace striate {
namespace {

using std::numbers::pi;

// An even and an odd wave under one envelope, both of sum 0, into two atoms.
template <class T>
void write_pair(const GaborSettings& s, double wavelength, double orientation, double row,
                double column, std::span<T> even, std::span<T> odd) {
  const double octaves = std::exp2(s.bandwidth);
  const double width =
      wavelength * std::sqrt(std::numbers::ln2 / 2) / pi * (octaves + 1) / (octaves - 1);
  const double length = s.aspect * width;
  const double c = std::cos(orientation), n = std::sin(orientation);
  std::vector<double> envelope(even.size()), cosine(even.size()), sine(even.size());
  double total = 0, cosine_total = 0, sine_total = 0;
  for (std::size_t i = 0; i < even.size(); ++i) {
    const double y = static_cast<double>(static_cast<int>(i) / s.patch) - row;
    const double x = static_cast<double>(static_cast<int>(i) % s.patch) - column;
    const double u = x * c + y * n, v = -x * n + y * c;
    envelope[i] = std::exp(-0.5 * (u / width) * (u / width) - 0.5 * (v / length) * (v / length));
    cosine[i] = std::cos(2 * pi * u / wavelength);
    sine[i] = std::sin(2 * pi * u / wavelength);
    total += envelope[i];
    cosine_total += envelope[i] * cosine[i];
    sine_total += envelope[i] * sine[i];
  }
  for (std::size_t i = 0; i < even.size(); ++i) {
    even[i] = static_cast<T>(envelope[i] * (cosine[i] - cosine_total / total));
    odd[i] = static_cast<T>(envelope[i] * (sine[i] - sine_total / total));
  }
}

}  // namespace

template <class T>
Matrix<T> gabor(const GaborSettings& s) {
  validate("gabor", s);
  const std::int64_t pixels = std::int64_t{s.patch} * s.patch;
  Matrix<T> atoms(pixels, std::int64_t{2} * s.scales * s.orientations * s.positions * s.positions);
  const auto centre = [&](int i) { return (i + 0.5) * s.patch / s.positions - 0.5; };
  std::int64_t k = 0;
  for (int scale = 0; scale < s.scales; ++scale)
    for (int orientation = 0; orientation < s.orientations; ++orientation)
      for (int row = 0; row < s.positions; ++row)
        for (int column = 0; column < s.positions; ++column, k += 2)
          write_pair(s, std::ldexp(s.shortest_wavelength, scale), pi * orientation / s.orientations,
                     centre(row), centre(column), atoms.column(k), atoms.column(k + 1));
  normalize_atoms(atoms.view());
  return atoms;
}

template Matrix<float> gabor(const GaborSettings&);
template Matrix<double> gabor(const GaborSettings&);

}  // namespace striate
