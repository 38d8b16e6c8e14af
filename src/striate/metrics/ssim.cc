#include "striate/metrics/ssim.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace striate {
namespace {

constexpr std::int64_t window = 11;

std::array<double, window> gaussian() {
  constexpr double sigma = 1.5;
  std::array<double, window> weights{};
  double sum = 0;
  for (std::int64_t k = 0; k < window; ++k) {
    const auto x = static_cast<double>(k - window / 2);
    sum += weights[static_cast<std::size_t>(k)] = std::exp(-x * x / (2 * sigma * sigma));
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

// The weighted mean of value(row, column) in every window inside rows x columns.
template <class F>
std::vector<double> window_means(std::int64_t rows, std::int64_t columns, const F& value) {
  static const std::array<double, window> weights = gaussian();
  const std::int64_t inner = columns - window + 1;
  std::vector<double> along(static_cast<std::size_t>(rows * inner));
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < inner; ++c) {
      double sum = 0;
      for (std::int64_t k = 0; k < window; ++k)
        sum += weights[static_cast<std::size_t>(k)] * value(r, c + k);
      along[static_cast<std::size_t>(r * inner + c)] = sum;
    }
  std::vector<double> means(static_cast<std::size_t>((rows - window + 1) * inner));
  for (std::int64_t r = 0; r + window <= rows; ++r)
    for (std::int64_t k = 0; k < window; ++k)
      for (std::int64_t c = 0; c < inner; ++c)
        means[static_cast<std::size_t>(r * inner + c)] +=
            weights[static_cast<std::size_t>(k)] *
            along[static_cast<std::size_t>((r + k) * inner + c)];
  return means;
}

template <class T>
void check_finite(const char* which, const ImageView<const T>& image) {
  for (std::int64_t i = 0; i < image.size(); ++i)
    if (!std::isfinite(image.data[i]))
      throw Error("ssim: the ", which, " has a value that is not finite");
}

}  // namespace

template <class T>
double ssim(ImageView<const T> reference, std::type_identity_t<ImageView<const T>> image,
            const SsimSettings& settings) {
  validate("ssim", settings);
  const std::int64_t rows = reference.rows, columns = reference.columns;
  if (rows != image.rows || columns != image.columns || reference.channels != image.channels)
    throw Error("ssim: a reference of ", rows, " x ", columns, " x ", reference.channels,
                " and an image of ", image.rows, " x ", image.columns, " x ", image.channels,
                "; both must be alike");
  if (rows < window || columns < window)
    throw Error("ssim: images of ", rows, " x ", columns, " pixels; at least ", window, " x ",
                window, " are needed");
  check_finite("reference", reference);
  check_finite("image", image);

  const double c1 = std::pow(0.01 * settings.data_range, 2);
  const double c2 = std::pow(0.03 * settings.data_range, 2);
  double total = 0;
  for (std::int64_t channel = 0; channel < reference.channels; ++channel) {
    const auto x = [&](std::int64_t r, std::int64_t c) {
      return static_cast<double>(reference(r, c, channel));
    };
    const auto y = [&](std::int64_t r, std::int64_t c) {
      return static_cast<double>(image(r, c, channel));
    };
    const auto product = [&](const auto& a, const auto& b) {
      return window_means(rows, columns,
                          [&](std::int64_t r, std::int64_t c) { return a(r, c) * b(r, c); });
    };
    const auto mx = window_means(rows, columns, x), my = window_means(rows, columns, y);
    const auto xx = product(x, x), yy = product(y, y), xy = product(x, y);
    double sum = 0;
    for (std::size_t i = 0; i < mx.size(); ++i) {
      const double means = mx[i] * my[i], squares = mx[i] * mx[i] + my[i] * my[i];
      sum += (2 * means + c1) * (2 * (xy[i] - means) + c2) /
             ((squares + c1) * (xx[i] + yy[i] - squares + c2));
    }
    total += sum / static_cast<double>(mx.size());
  }
  return total / static_cast<double>(reference.channels);
}

template double ssim(ImageView<const float>, ImageView<const float>, const SsimSettings&);
template double ssim(ImageView<const double>, ImageView<const double>, const SsimSettings&);

}  // namespace striate
