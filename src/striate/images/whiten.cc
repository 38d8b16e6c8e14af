#include "striate/images/whiten.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>

#include "striate/core/parallel.h"
#include "striate/images/detail/channel.h"
#include "striate/linalg/fft.h"

namespace striate {
namespace {

double gain(double f, const WhitenSettings& s) {
  return std::pow(f, s.exponent) * std::exp(-std::pow(f / s.cutoff, 4));
}

// What the filter is divided by for images of this shape.
double gain_unit(std::int64_t rows, std::int64_t columns, const WhitenSettings& s) {
  if (s.scale != WhitenScale::gain) return 1;
  double sum = 0;
  for (std::int64_t u = 0; u < rows; ++u)
    for (std::int64_t v = 0; v < columns; ++v)
      sum += gain(std::hypot(fft_frequency(u, rows), fft_frequency(v, columns)), s);
  // One pixel has the frequency 0 only, of gain 0.
  return sum > 0 ? sum / static_cast<double>(rows * columns) : 1;
}

// Error if an image of this number has no elements or is not finite.
template <class T>
void check(const char* who, const Image<T>& image, std::int64_t number) {
  if (image.size() == 0)
    throw Error(who, ": image ", number, " has ", image.rows(), " rows and ", image.columns(),
                " columns; there must be at least one of each");
  if (!std::all_of(image.data(), image.data() + image.size(), [](T x) { return std::isfinite(x); }))
    throw Error(who, ": image ", number, " has a value that is not finite; all must be numbers");
}

// The image with every channel's spectrum multiplied by `response` of the radial frequency.
template <class T>
Image<double> filtered(const Image<T>& image, const std::function<double(double)>& response) {
  const std::int64_t rows = image.rows(), columns = image.columns(), channels = image.channels();
  const std::int64_t half = fft_columns(columns);
  Image<double> out(rows, columns, channels);
  std::copy(image.data(), image.data() + image.size(), out.data());
  std::vector<std::complex<double>> spectrum(static_cast<std::size_t>(rows * half));
  for (std::int64_t channel = 0; channel < channels; ++channel) {
    const Plane<double> plane{out.data() + channel, rows, columns, columns * channels, channels};
    if (detail::constant(image, channel)) {  // exact zeros, not what rounding leaves
      for (std::int64_t i = 0; i < rows * columns; ++i) plane.data[i * channels] = 0;
      continue;
    }
    fft2<double>({plane.data, rows, columns, plane.row_stride, plane.column_stride},
                 spectrum.data());
    for (std::int64_t u = 0; u < rows; ++u)
      for (std::int64_t v = 0; v < half; ++v)
        spectrum[static_cast<std::size_t>(u * half + v)] *=
            response(std::hypot(fft_frequency(u, rows), fft_frequency(v, columns)));
    inverse_fft2(spectrum.data(), plane);
  }
  return out;
}

template <class T>
double variance(const Image<T>& image) {
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) sum += static_cast<double>(image.data()[i]);
  const double mean = sum / static_cast<double>(image.size());
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const double d = static_cast<double>(image.data()[i]) - mean;
    squares += d * d;
  }
  return squares / static_cast<double>(image.size());
}

// Before the factor.
template <class T>
Image<double> unscaled(const Image<T>& image, const WhitenSettings& settings) {
  if (settings.filter) {
    const double unit = gain_unit(image.rows(), image.columns(), settings);
    return filtered(image, [&](double f) { return gain(f, settings) / unit; });
  }
  Image<double> out(image.rows(), image.columns(), image.channels());
  std::copy(image.data(), image.data() + image.size(), out.data());
  return out;
}

template <class T>
Image<T> scaled(const Image<double>& image, double factor) {
  Image<T> out(image.rows(), image.columns(), image.channels());
  for (std::int64_t i = 0; i < image.size(); ++i)
    out.data()[i] = static_cast<T>(factor * image.data()[i]);
  return out;
}

template <class T>
WhiteningShare share_of(const Image<T>& image, const Image<double>& white) {
  WhiteningShare share{.variance = variance(white), .constant = true};
  for (std::int64_t c = 0; c < image.channels(); ++c)
    share.constant = share.constant && detail::constant(image, c);
  return share;
}

}  // namespace

template <class T>
WhiteningShare whitening_share(const Image<T>& image, const WhitenSettings& settings) {
  validate("whiten", settings);
  check("whiten", image, 0);
  return share_of(image, unscaled(image, settings));
}

WhiteningState whitening_state(std::span<const WhiteningShare> shares,
                               const WhitenSettings& settings) {
  if (settings.scale == WhitenScale::gain) return {.settings = settings};
  double mean = 0;
  bool all_constant = true;
  for (const WhiteningShare& share : shares) {
    mean += share.variance / static_cast<double>(shares.size());
    all_constant = all_constant && share.constant;
  }
  if (all_constant || !(mean > 0))
    throw Error("whiten: all ", shares.size(), " images are constant; at least one must vary");
  return {.settings = settings, .factor = std::sqrt(settings.variance / mean)};
}

template <class T>
WhitenedImages<T> whiten(const std::vector<Image<T>>& images, const WhitenSettings& settings) {
  validate("whiten", settings);
  if (images.empty()) throw Error("whiten: no images; at least one is needed");
  const auto count = static_cast<std::int64_t>(images.size());
  std::vector<Image<double>> white(images.size());
  std::vector<WhiteningShare> shares(images.size());
  parallel_for(count, [&](std::int64_t i, int) {
    const auto at = static_cast<std::size_t>(i);
    check("whiten", images[at], i);
    white[at] = unscaled(images[at], settings);
    shares[at] = share_of(images[at], white[at]);
  });
  WhitenedImages<T> result{std::vector<Image<T>>(images.size()), whitening_state(shares, settings)};
  parallel_for(count, [&](std::int64_t i, int) {
    const auto at = static_cast<std::size_t>(i);
    result.images[at] = scaled<T>(white[at], result.state.factor);
  });
  return result;
}

template <class T>
Image<T> whiten(const Image<T>& image, const WhiteningState& state) {
  validate("whiten", state);
  check("whiten", image, 0);
  return scaled<T>(unscaled(image, state.settings), state.factor);
}

template <class T>
Image<T> unwhiten(const Image<T>& image, const WhiteningState& state, double regularization) {
  validate("unwhiten", state);
  check("unwhiten", image, 0);
  if (!(regularization > 0 && std::isfinite(regularization)))
    throw Error("unwhiten: regularization is ", regularization, "; it must be above 0");
  const WhitenSettings& s = state.settings;
  if (!s.filter) return scaled<T>(unscaled(image, s), 1 / state.factor);
  // Where the derivative is 0.
  const double largest = gain(s.cutoff * std::pow(s.exponent / 4, 0.25), s);
  const double scale = gain_unit(image.rows(), image.columns(), s) / largest;
  const auto inverse = [&](double f) {
    const double g = gain(f, s) / largest;
    return scale * g / (g * g + regularization * regularization);
  };
  return scaled<T>(filtered(image, inverse), 1 / state.factor);
}

template WhitenedImages<float> whiten(const std::vector<Image<float>>&, const WhitenSettings&);
template WhitenedImages<double> whiten(const std::vector<Image<double>>&, const WhitenSettings&);
template WhiteningShare whitening_share(const Image<float>&, const WhitenSettings&);
template WhiteningShare whitening_share(const Image<double>&, const WhitenSettings&);
template Image<float> whiten(const Image<float>&, const WhiteningState&);
template Image<double> whiten(const Image<double>&, const WhiteningState&);
template Image<float> unwhiten(const Image<float>&, const WhiteningState&, double);
template Image<double> unwhiten(const Image<double>&, const WhiteningState&, double);

}  // namespace striate
