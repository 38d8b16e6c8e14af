// What fits and reports share: a square atom as doubles, and its zero-padded power spectrum.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace striate::detail {

// Side of a square atom. Error (led by `who`): not square, below 4 x 4, not finite.
template <class T>
std::int64_t atom_side(const char* who, std::span<const T> atom);

// |F|^2 on an n x n grid, n >= 4 p; only the half spectrum of linalg/fft.h is stored.
struct PowerSpectrum {
  std::int64_t n = 0;
  std::vector<double> power;  // n x (n / 2 + 1)

  std::int64_t columns() const { return n / 2 + 1; }
  // Entries of the full spectrum that entry (u, v) stands for.
  double weight(std::int64_t v) const { return v == 0 || 2 * v == n ? 1 : 2; }
  double at(std::int64_t u, std::int64_t v) const {
    return power[static_cast<std::size_t>(u * columns() + v)];
  }
};
PowerSpectrum power_spectrum(std::span<const double> atom, std::int64_t side);

}  // namespace striate::detail
