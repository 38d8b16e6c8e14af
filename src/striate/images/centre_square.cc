#include "striate/images/centre_square.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace striate {
namespace {

// Parts of the pixels [first, first + weights.size()) that pixel i of `to` covers, of sum 1.
struct Cover {
  std::int64_t first = 0;
  std::vector<double> weights;
};

Cover cover(std::int64_t i, std::int64_t from, std::int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double begin = static_cast<double>(i) * scale, end = static_cast<double>(i + 1) * scale;
  Cover found{static_cast<std::int64_t>(std::floor(begin)), {}};
  for (std::int64_t p = found.first; p < from && static_cast<double>(p) < end; ++p) {
    const double low = std::max(begin, static_cast<double>(p));
    const double high = std::min(end, static_cast<double>(p + 1));
    found.weights.push_back((high - low) / scale);
  }
  return found;
}

}  // namespace

template <class T>
Image<T> centre_square(const Image<T>& image, std::int64_t side) {
  const std::int64_t whole = std::min(image.rows(), image.columns());
  if (whole < 1 || side < 1)
    throw Error("centre_square: image of ", image.rows(), " x ", image.columns(), ", side ", side,
                "; both must have a pixel");
  const std::int64_t to = std::min(side, whole);
  const std::int64_t top = (image.rows() - whole) / 2, left = (image.columns() - whole) / 2;
  std::vector<Cover> covers;
  for (std::int64_t i = 0; i < to; ++i) covers.push_back(cover(i, whole, to));
  Image<T> square(to, to, image.channels());
  for (std::int64_t r = 0; r < to; ++r)
    for (std::int64_t c = 0; c < to; ++c)
      for (std::int64_t channel = 0; channel < image.channels(); ++channel) {
        const Cover& down = covers[static_cast<std::size_t>(r)];
        const Cover& along = covers[static_cast<std::size_t>(c)];
        double sum = 0;
        for (std::size_t y = 0; y < down.weights.size(); ++y)
          for (std::size_t x = 0; x < along.weights.size(); ++x)
            sum += down.weights[y] * along.weights[x] *
                   static_cast<double>(image(top + down.first + static_cast<std::int64_t>(y),
                                             left + along.first + static_cast<std::int64_t>(x),
                                             channel));
        square(r, c, channel) = static_cast<T>(sum);
      }
  return square;
}

template Image<float> centre_square(const Image<float>&, std::int64_t);
template Image<double> centre_square(const Image<double>&, std::int64_t);

}  // namespace striate
