#include "striate/images/disc_mask.h"

#include <algorithm>

#include "striate/core/disc.h"
#include "striate/images/detail/channel.h"

namespace striate {
namespace {

// Every pixel times f of its weight.
template <class T, class F>
Image<T> weighted(const char* who, const Image<T>& image, F f) {
  detail::require_numbers(who, image);
  Image<T> out(image.rows(), image.columns(), image.channels());
  const std::vector<double> weights = disc(image.rows(), image.columns());
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const double w = weights[static_cast<std::size_t>(i / image.channels())];
    out.data()[i] = static_cast<T>(f(w) * static_cast<double>(image.data()[i]));
  }
  return out;
}

}  // namespace

template <class T>
Image<T> disc_weights(std::int64_t rows, std::int64_t columns) {
  Image<T> weights(rows, columns);
  std::ranges::transform(disc(rows, columns), weights.data(),
                         [](double w) { return static_cast<T>(w); });
  return weights;
}

template <class T>
Image<T> disc_mask(const Image<T>& image) {
  return weighted("disc_mask", image, [](double w) { return w; });
}

template <class T>
Image<T> disc_unmask(const Image<T>& image, double floor) {
  if (!(floor > 0 && floor <= 1))
    throw Error("disc_unmask: floor is ", floor, "; it must be above 0 and at most 1");
  return weighted("disc_unmask", image, [&](double w) { return w >= floor ? 1 / w : 0; });
}

template Image<float> disc_weights(std::int64_t, std::int64_t);
template Image<double> disc_weights(std::int64_t, std::int64_t);
template Image<float> disc_mask(const Image<float>&);
template Image<double> disc_mask(const Image<double>&);
template Image<float> disc_unmask(const Image<float>&, double);
template Image<double> disc_unmask(const Image<double>&, double);

}  // namespace striate
