#include "striate/statistics/filter_orientation.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "striate/linalg/fft.h"

namespace striate {

template <class T>
std::vector<FilterOrientation> filter_orientations(MatrixView<const T> taps, std::int64_t rows,
                                                   std::int64_t columns, std::int64_t channels) {
  if (rows < 1 || columns < 1 || channels < 1 || taps.rows != rows * columns * channels)
    throw Error("filter_orientations: filters of ", taps.rows, " taps are not ", rows, " x ",
                columns, " x ", channels);
  constexpr std::int64_t finer = 4;
  // Square, so that no direction has more frequencies than another.
  const std::int64_t n = fft_good_size(finer * std::max({rows, columns, std::int64_t{4}}));
  const std::int64_t half = fft_columns(n);
  std::vector<double> plane(static_cast<std::size_t>(n * n));
  std::vector<std::complex<double>> spectrum(static_cast<std::size_t>(n * half));
  std::vector<FilterOrientation> found;
  for (std::int64_t k = 0; k < taps.columns; ++k) {
    std::complex<double> sum = 0;
    double all = 0;
    for (std::int64_t channel = 0; channel < channels; ++channel) {
      std::ranges::fill(plane, 0);
      for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c)
          plane[static_cast<std::size_t>(r * n + c)] =
              taps((r * columns + c) * channels + channel, k);
      fft2<double>({plane.data(), n, n, n}, spectrum.data());
      for (std::int64_t u = 0; u < n; ++u)
        for (std::int64_t v = 0; v < half; ++v) {
          const double down = fft_frequency(u, n), along = fft_frequency(v, n);
          const double squared = down * down + along * along;
          if (squared == 0 || squared > 0.25) continue;
          // Columns inside the half spectrum stand for their mirror images too.
          const double power =
              (v == 0 ? 1 : 2) * std::norm(spectrum[static_cast<std::size_t>(u * half + v)]);
          const std::complex<double> f(down, along);
          sum += power * f * f / squared;
          all += power;
        }
    }
    FilterOrientation orientation;
    if (all > 0) {
      orientation.strength = std::abs(sum) / all;
      orientation.theta = std::arg(sum) / 2;
      if (orientation.theta < 0) orientation.theta += std::numbers::pi;
      if (orientation.theta >= std::numbers::pi) orientation.theta = 0;
    }
    found.push_back(orientation);
  }
  return found;
}

template std::vector<FilterOrientation> filter_orientations(MatrixView<const float>, std::int64_t,
                                                            std::int64_t, std::int64_t);
template std::vector<FilterOrientation> filter_orientations(MatrixView<const double>, std::int64_t,
                                                            std::int64_t, std::int64_t);

}  // namespace striate
