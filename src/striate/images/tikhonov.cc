#include "striate/images/tikhonov.h"

#include <cmath>
#include <complex>
#include <numbers>

#include "striate/images/detail/channel.h"
#include "striate/linalg/fft.h"

namespace striate {
namespace {

// |G|^2 at entry k of a transform of length n.
double difference_gain(std::int64_t k, std::int64_t n) {
  const double half = std::sin(std::numbers::pi * fft_frequency(k, n));
  return 4 * half * half;
}

// Channel, mirrored by `padding`, without its fast changes.
template <class T>
std::vector<double> smooth(const Image<T>& image, std::int64_t channel, const TikhonovSettings& s) {
  const std::int64_t rows = image.rows() + 2 * s.padding, columns = image.columns() + 2 * s.padding;
  const std::int64_t half = fft_columns(columns);
  std::vector<double> padded = detail::mirrored_channel(image, channel, s.padding);
  std::vector<std::complex<double>> spectrum(static_cast<std::size_t>(rows * half));
  fft2<double>({padded.data(), rows, columns, columns}, spectrum.data());
  for (std::int64_t u = 0; u < rows; ++u)
    for (std::int64_t v = 0; v < half; ++v)
      spectrum[static_cast<std::size_t>(u * half + v)] /=
          1 + s.gradient_weight * (difference_gain(u, rows) + difference_gain(v, columns));
  inverse_fft2(spectrum.data(), Plane<double>{padded.data(), rows, columns, columns});
  return padded;
}

}  // namespace

template <class T>
Highpassed<T> tikhonov_highpass(const Image<T>& image, const TikhonovSettings& settings) {
  validate("tikhonov_highpass", settings);
  detail::require_numbers("tikhonov_highpass", image);
  Highpassed<T> result{Image<T>(image.rows(), image.columns(), image.channels()), image};
  const std::int64_t columns = image.columns() + 2 * settings.padding;
  for (std::int64_t channel = 0; channel < image.channels(); ++channel) {
    if (detail::constant(image, channel)) continue;
    const std::vector<double> low = smooth(image, channel, settings);
    for (std::int64_t r = 0; r < image.rows(); ++r)
      for (std::int64_t c = 0; c < image.columns(); ++c) {
        const T below = static_cast<T>(
            low[static_cast<std::size_t>((r + settings.padding) * columns + c + settings.padding)]);
        result.low(r, c, channel) = below;
        result.high(r, c, channel) = image(r, c, channel) - below;
      }
  }
  return result;
}

template Highpassed<float> tikhonov_highpass(const Image<float>&, const TikhonovSettings&);
template Highpassed<double> tikhonov_highpass(const Image<double>&, const TikhonovSettings&);

}  // namespace striate
