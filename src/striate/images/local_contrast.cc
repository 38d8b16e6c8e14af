#include "striate/images/local_contrast.h"

#include <algorithm>
#include <cmath>

#include "striate/images/detail/channel.h"

namespace striate {
namespace {

std::vector<double> gaussian(std::int64_t radius) {
  std::vector<double> weights;
  double sum = 0;
  for (std::int64_t i = -radius; i <= radius; ++i) {
    const double t = 3 * static_cast<double>(i) / static_cast<double>(radius);
    weights.push_back(std::exp(-t * t / 2));
    sum += weights.back();
  }
  for (double& w : weights) w /= sum;
  return weights;
}

void add(double factor, const double* x, std::int64_t n, double* sum) {
  for (std::int64_t i = 0; i < n; ++i) sum[i] += factor * x[i];
}

// g * x of a plane that repeats and is no shorter than g either way.
std::vector<double> blurred(const std::vector<double>& x, std::int64_t rows, std::int64_t columns,
                            const std::vector<double>& g) {
  const std::int64_t taps = std::ssize(g), radius = taps / 2;
  std::vector<double> down(x.size()), out(x.size());
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t t = 0; t < taps; ++t)
      add(g[static_cast<std::size_t>(t)], x.data() + (r + t - radius + rows) % rows * columns,
          columns, down.data() + r * columns);
  std::vector<double> line(static_cast<std::size_t>(columns + 2 * radius));
  for (std::int64_t r = 0; r < rows; ++r) {
    const double* row = down.data() + r * columns;
    std::copy(row + columns - radius, row + columns, line.begin());
    std::copy(row, row + columns, line.begin() + radius);
    std::copy(row, row + radius, line.begin() + radius + columns);
    for (std::int64_t t = 0; t < taps; ++t)
      add(g[static_cast<std::size_t>(t)], line.data() + t, columns, out.data() + r * columns);
  }
  return out;
}

// The power of two just above all of them, so that squares neither overflow nor vanish.
int exponent_of(const std::vector<double>& x) {
  double largest = 0;
  for (const double value : x) largest = std::max(largest, std::abs(value));
  int exponent = 0;
  std::frexp(largest, &exponent);
  return exponent;
}

template <class T>
void normalize_channel(const Image<T>& image, std::int64_t channel, int radius,
                       LocalContrast<T>& result) {
  const std::int64_t rows = image.rows() + 2 * radius, columns = image.columns() + 2 * radius;
  const std::vector<double> g = gaussian(radius);
  std::vector<double> s = detail::mirrored_channel(image, channel, radius);
  const int exponent = exponent_of(s);
  for (double& x : s) x = std::ldexp(x, -exponent);
  const std::vector<double> mean = blurred(s, rows, columns, g);
  std::vector<double> squares(s.size());
  for (std::size_t i = 0; i < s.size(); ++i) {
    s[i] -= mean[i];
    squares[i] = s[i] * s[i];
  }
  std::vector<double> deviation = blurred(squares, rows, columns, g);
  double least = 0;
  for (double& v : deviation) {
    v = std::sqrt(v);
    least += v / static_cast<double>(deviation.size());
  }
  if (least == 0) least = std::ldexp(1., -exponent);  // constant but for rounding
  for (std::int64_t r = 0; r < image.rows(); ++r)
    for (std::int64_t c = 0; c < image.columns(); ++c) {
      const auto i = static_cast<std::size_t>((r + radius) * columns + c + radius);
      const double divisor = std::max(least, deviation[i]);
      result.image(r, c, channel) = static_cast<T>(s[i] / divisor);
      result.mean(r, c, channel) = static_cast<T>(std::ldexp(mean[i], exponent));
      result.divisor(r, c, channel) = static_cast<T>(std::ldexp(divisor, exponent));
    }
}

}  // namespace

template <class T>
LocalContrast<T> local_contrast_normalize(const Image<T>& image,
                                          const LocalContrastSettings& settings) {
  validate("local_contrast_normalize", settings);
  detail::require_numbers("local_contrast_normalize", image);
  const Image<T> blank(image.rows(), image.columns(), image.channels());
  LocalContrast<T> result{blank, blank, blank};
  for (std::int64_t channel = 0; channel < image.channels(); ++channel) {
    if (!detail::constant(image, channel)) {
      normalize_channel(image, channel, settings.radius, result);
      continue;
    }
    for (std::int64_t i = channel; i < image.size(); i += image.channels()) {
      result.mean.data()[i] = image.data()[i];
      result.divisor.data()[i] = 1;
    }
  }
  return result;
}

template <class T>
Image<T> local_contrast_restore(const LocalContrast<T>& normalized) {
  const auto& [image, mean, divisor] = normalized;
  for (const Image<T>* other : {&mean, &divisor})
    if (other->rows() != image.rows() || other->columns() != image.columns() ||
        other->channels() != image.channels())
      throw Error("local_contrast_restore: an image of ", image.rows(), " x ", image.columns(),
                  " x ", image.channels(), " and a ", other == &mean ? "mean" : "divisor", " of ",
                  other->rows(), " x ", other->columns(), " x ", other->channels(),
                  "; both must be alike");
  Image<T> restored(image.rows(), image.columns(), image.channels());
  for (std::int64_t i = 0; i < image.size(); ++i)
    restored.data()[i] = image.data()[i] * divisor.data()[i] + mean.data()[i];
  return restored;
}

template LocalContrast<float> local_contrast_normalize(const Image<float>&,
                                                       const LocalContrastSettings&);
template LocalContrast<double> local_contrast_normalize(const Image<double>&,
                                                        const LocalContrastSettings&);
template Image<float> local_contrast_restore(const LocalContrast<float>&);
template Image<double> local_contrast_restore(const LocalContrast<double>&);

}  // namespace striate
