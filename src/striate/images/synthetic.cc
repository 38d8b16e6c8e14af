#include "striate/images/synthetic.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <numeric>
#include <vector>

#include "striate/core/parallel.h"
#include "striate/core/random.h"
#include "striate/linalg/fft.h"

namespace striate {
namespace {

// Makes image i of the set with make(i, its random numbers), in parallel.
template <class T>
std::vector<Image<T>> make_images(std::string_view name, const ImageSetSettings& set,
                                  const Run& run,
                                  const std::function<Image<double>(Random&)>& make) {
  RunState state(run, name, set.images);
  std::vector<Image<T>> images(static_cast<std::size_t>(set.images));
  parallel_for(
      set.images,
      [&](std::int64_t i, int) {
        Random random(static_cast<std::uint64_t>(set.seed), stream(name),
                      static_cast<std::uint64_t>(i));
        const Image<double> image = make(random);
        Image<T> out(set.rows, set.columns, set.channels);
        std::transform(image.data(), image.data() + image.size(), out.data(),
                       [](double x) { return static_cast<T>(x); });
        images[static_cast<std::size_t>(i)] = std::move(out);
        state.advance(1);
      },
      state);
  std::erase_if(images, [](const Image<T>& image) { return image.size() == 0; });
  return images;
}

// The pixels of a raster that no leaf covers yet. next_[k]: the first such pixel of the row at or
// after k, found again by following the links, which are shortened on the way.
class Uncovered {
 public:
  Uncovered(std::int64_t rows, std::int64_t columns)
      : columns_(columns), left_(rows * columns), next_(rows * (columns + 1)) {
    std::iota(next_.begin(), next_.end(), std::int64_t{0});
  }
  std::int64_t left() const { return left_; }

  // Calls paint(column) for what is uncovered of row's columns first .. last, and covers it.
  template <class Paint>
  void cover(std::int64_t row, std::int64_t first, std::int64_t last, const Paint& paint) {
    const std::int64_t start = row * (columns_ + 1);
    for (std::int64_t at = find(start + first); at <= start + last; at = find(at)) {
      paint(at - start);
      next_[static_cast<std::size_t>(at)] = at + 1;
      --left_;
    }
  }

 private:
  std::int64_t find(std::int64_t at) {
    std::int64_t* next = next_.data();
    while (next[at] != at) {
      next[at] = next[next[at]];
      at = next[at];
    }
    return at;
  }
  std::int64_t columns_;  // each row has one more, which is never covered
  std::int64_t left_;
  std::vector<std::int64_t> next_;
};

// Leaves from the top one downwards, on a raster of twice the resolution, until nothing shines
// through: the same picture as from the bottom upwards without end. Centres lie anywhere from where
// the largest leaf can reach the image.
Image<double> leaves(const DeadLeavesSettings& settings, Random& random) {
  constexpr int fine = 2;
  const std::int64_t rows = settings.set.rows, columns = settings.set.columns;
  const std::int64_t channels = settings.set.channels;
  const double margin = settings.largest;
  const double inner = std::pow(settings.smallest, -2), outer = std::pow(settings.largest, -2);
  Image<double> image(rows, columns, channels);
  Uncovered uncovered(fine * rows, fine * columns);
  std::vector<double> colour(static_cast<std::size_t>(channels));
  while (uncovered.left() > 0) {
    const double radius = 1 / std::sqrt(inner - random.uniform() * (inner - outer));
    const double y = random.uniform() * (static_cast<double>(rows) + 2 * margin) - margin;
    const double x = random.uniform() * (static_cast<double>(columns) + 2 * margin) - margin;
    for (double& value : colour) value = random.uniform();
    // Fine pixel k has its centre at (k + 1/2) / fine.
    const auto from = [](double position) {
      return static_cast<std::int64_t>(std::ceil(fine * position - 0.5));
    };
    const auto to = [](double position) {
      return static_cast<std::int64_t>(std::floor(fine * position - 0.5));
    };
    const std::int64_t top = std::max<std::int64_t>(0, from(y - radius));
    const std::int64_t bottom = std::min(fine * rows - 1, to(y + radius));
    for (std::int64_t r = top; r <= bottom; ++r) {
      const double dy = (static_cast<double>(r) + 0.5) / fine - y;
      const double half = std::sqrt(std::max(0.0, radius * radius - dy * dy));
      const std::int64_t left = std::max<std::int64_t>(0, from(x - half));
      const std::int64_t right = std::min(fine * columns - 1, to(x + half));
      if (left > right) continue;
      uncovered.cover(r, left, right, [&](std::int64_t c) {
        for (std::int64_t channel = 0; channel < channels; ++channel)
          image(r / fine, c / fine, channel) +=
              colour[static_cast<std::size_t>(channel)] / (fine * fine);
      });
    }
  }
  return image;
}

Image<double> noise(const NoiseSettings& settings, Random& random) {
  const std::int64_t rows = settings.set.rows, columns = settings.set.columns;
  const std::int64_t channels = settings.set.channels, half = fft_columns(columns);
  Image<double> image(rows, columns, channels);
  for (std::int64_t i = 0; i < image.size(); ++i) image.data()[i] = random.normal();
  std::vector<std::complex<double>> spectrum(static_cast<std::size_t>(rows * half));
  for (std::int64_t channel = 0; channel < channels; ++channel) {
    const Plane<double> plane{image.data() + channel, rows, columns, columns * channels, channels};
    fft2<double>({plane.data, rows, columns, plane.row_stride, plane.column_stride},
                 spectrum.data());
    for (std::int64_t u = 0; u < rows; ++u)
      for (std::int64_t v = 0; v < half; ++v) {
        const double f = std::hypot(fft_frequency(u, rows), fft_frequency(v, columns));
        spectrum[static_cast<std::size_t>(u * half + v)] *=
            f > 0 ? std::pow(f, -settings.exponent / 2) : 0;
      }
    inverse_fft2(spectrum.data(), plane);
    double squares = 0;
    for (std::int64_t i = 0; i < rows * columns; ++i)
      squares += plane.data[i * channels] * plane.data[i * channels];
    const double deviation = std::sqrt(squares / static_cast<double>(rows * columns));
    const double factor = deviation > 0 ? 0.15 / deviation : 0;
    for (std::int64_t i = 0; i < rows * columns; ++i)
      plane.data[i * channels] = 0.5 + factor * plane.data[i * channels];
  }
  return image;
}

}  // namespace

template <class T>
std::vector<Image<T>> dead_leaves(const DeadLeavesSettings& settings, const Run& run) {
  validate("dead_leaves", settings);
  if (settings.largest < settings.smallest)
    throw Error("dead_leaves: largest is ", settings.largest, "; it must be at least smallest, ",
                settings.smallest);
  return make_images<T>("dead_leaves", settings.set, run,
                        [&](Random& random) { return leaves(settings, random); });
}

template <class T>
std::vector<Image<T>> noise_images(const NoiseSettings& settings, const Run& run) {
  validate("noise_images", settings);
  return make_images<T>("noise_images", settings.set, run,
                        [&](Random& random) { return noise(settings, random); });
}

template std::vector<Image<float>> dead_leaves(const DeadLeavesSettings&, const Run&);
template std::vector<Image<double>> dead_leaves(const DeadLeavesSettings&, const Run&);
template std::vector<Image<float>> noise_images(const NoiseSettings&, const Run&);
template std::vector<Image<double>> noise_images(const NoiseSettings&, const Run&);

}  // namespace striate
