#include "striate/images/noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace striate {
namespace {

constexpr std::int64_t taps = 7;
constexpr std::array<double, taps> filter{1, -6, 15, -20, 15, -6, 1};
constexpr double squared_gain = 924;  // of the filter along one direction
constexpr double median_of_normal = 0.6744897501960817;

}  // namespace

template <class T>
double estimate_noise(ImageView<const T> image) {
  if (image.rows < taps || image.columns < taps)
    throw Error("estimate_noise: the image has ", image.rows, " x ", image.columns,
                " pixels; at least ", taps, " x ", taps, " are needed");
  for (std::int64_t i = 0; i < image.size(); ++i)
    if (!std::isfinite(image.data[i]))
      throw Error("estimate_noise: the image has a value that is not finite");
  const std::int64_t width = image.columns * image.channels;
  const std::int64_t kept = width - (taps - 1) * image.channels;
  std::vector<double> line(static_cast<std::size_t>(width)), sizes;
  sizes.reserve(static_cast<std::size_t>((image.rows - taps + 1) * kept));
  for (std::int64_t r = 0; r + taps <= image.rows; ++r) {
    std::fill(line.begin(), line.end(), 0);
    for (std::int64_t t = 0; t < taps; ++t)
      for (std::int64_t c = 0; c < width; ++c)
        line[std::size_t(c)] += filter[std::size_t(t)] * double(image.data[(r + t) * width + c]);
    for (std::int64_t c = 0; c < kept; ++c) {
      double sum = 0;
      for (std::int64_t t = 0; t < taps; ++t)
        sum += filter[std::size_t(t)] * line[std::size_t(c + t * image.channels)];
      sizes.push_back(std::abs(sum));
    }
  }
  const auto middle = sizes.begin() + std::ssize(sizes) / 2;
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle / (median_of_normal * squared_gain);
}

template double estimate_noise(ImageView<const float>);
template double estimate_noise(ImageView<const double>);

}  // namespace striate
