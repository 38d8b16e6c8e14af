#include "striate/statistics/detail/atom_spectrum.h"

#include <cmath>
#include <complex>

#include "striate/core/errors.h"
#include "striate/linalg/fft.h"

namespace striate::detail {

template <class T>
std::int64_t atom_side(const char* who, std::span<const T> atom) {
  const auto side =
      static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(atom.size()))));
  if (side < 4 || static_cast<std::size_t>(side * side) != atom.size())
    throw Error(who, ": an atom of ", atom.size(),
                " values; it must be a square patch of at least 4 x 4 grey pixels");
  for (const T x : atom)
    if (!std::isfinite(x)) throw Error(who, ": an atom has a value that is not finite");
  return side;
}

PowerSpectrum power_spectrum(std::span<const double> atom, std::int64_t side) {
  PowerSpectrum spectrum{.n = fft_good_size(4 * side), .power = {}};
  const std::int64_t n = spectrum.n;
  std::vector<double> padded(static_cast<std::size_t>(n * n));
  for (std::int64_t r = 0; r < side; ++r)
    for (std::int64_t c = 0; c < side; ++c)
      padded[static_cast<std::size_t>(r * n + c)] = atom[static_cast<std::size_t>(r * side + c)];
  std::vector<std::complex<double>> transform(static_cast<std::size_t>(n * fft_columns(n)));
  fft2<double>({padded.data(), n, n, n, 1}, transform.data());
  spectrum.power.reserve(transform.size());
  for (const auto& value : transform) spectrum.power.push_back(std::norm(value));
  return spectrum;
}

template std::int64_t atom_side(const char*, std::span<const float>);
template std::int64_t atom_side(const char*, std::span<const double>);

}  // namespace striate::detail
