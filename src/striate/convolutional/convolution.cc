#include "striate/convolutional/convolution.h"

#include <algorithm>

#include "striate/core/parallel.h"

namespace striate {
namespace {

// Where the image's pixel (0, 0) is on the canvas, along an axis of so many taps.
std::int64_t offset(const MapShape& shape, std::int64_t taps) {
  return shape.boundary == Boundary::linear ? taps - 1 : 0;
}

// Calls f(element of the canvas, element of the image) for all that belong together.
void for_canvas(const MapShape& s, std::int64_t channels, auto f) {
  const std::int64_t rows = s.rows() + s.filter_rows - 1,
                     columns = s.columns() + s.filter_columns - 1;
  for (std::int64_t r = 0; r < rows; ++r) {
    std::int64_t row = r - offset(s, s.filter_rows);
    if (s.boundary == Boundary::circular) row %= s.image_rows;
    if (row < 0 || row >= s.image_rows) continue;
    for (std::int64_t c = 0; c < columns; ++c) {
      std::int64_t column = c - offset(s, s.filter_columns);
      if (s.boundary == Boundary::circular) column %= s.image_columns;
      if (column < 0 || column >= s.image_columns) continue;
      for (std::int64_t channel = 0; channel < channels; ++channel)
        f((r * columns + c) * channels + channel,
          (row * s.image_columns + column) * channels + channel);
    }
  }
}

}  // namespace

template <class T>
Image<T> spread(ImageView<const T> image, const MapShape& s) {
  if (image.rows != s.image_rows || image.columns != s.image_columns)
    throw Error("spread: image has ", image.rows, " x ", image.columns, " pixels; the maps are of ",
                s.image_rows, " x ", s.image_columns);
  Image<T> canvas(s.rows() + s.filter_rows - 1, s.columns() + s.filter_columns - 1, image.channels);
  for_canvas(s, image.channels,
             [&](std::int64_t to, std::int64_t from) { canvas.data()[to] = image.data[from]; });
  return canvas;
}

template <class T>
Image<T> fold(ImageView<const T> canvas, const MapShape& s) {
  Image<T> image(s.image_rows, s.image_columns, canvas.channels);
  for_canvas(s, canvas.channels,
             [&](std::int64_t from, std::int64_t to) { image.data()[to] += canvas.data[from]; });
  return image;
}

template <class Sum, class T>
Image<Sum> synthesize(const FilterBank<T>& bank, const ConvolutionalCodes<T>& codes,
                      const Run& run) {
  const MapShape& s = codes.shape();
  const std::int64_t channels = bank.channels(), width = s.filter_columns * channels;
  Image<Sum> canvas(s.rows() + s.filter_rows - 1, s.columns() + s.filter_columns - 1, channels);
  RunState state(run);
  parallel_for(
      canvas.rows(),
      [&](std::int64_t r, int) {
        for (std::int64_t a = std::max<std::int64_t>(0, r - s.rows() + 1);
             a < std::min(s.filter_rows, r + 1); ++a) {
          const auto row = static_cast<std::size_t>(r - a);
          for (auto i = std::size_t(codes.starts()[row]); i < std::size_t(codes.starts()[row + 1]);
               ++i) {
            const T* taps = bank.filter(codes.filters()[i]).data() + a * width;
            const auto value = static_cast<Sum>(codes.values()[i]);
            Sum* to = &canvas(r, codes.columns()[i]);
            for (std::int64_t b = 0; b < width; ++b) to[b] += value * static_cast<Sum>(taps[b]);
          }
        }
      },
      state);
  return fold<Sum>(canvas, s);
}

template <class T>
void correlate(const FilterBank<T>& bank, ImageView<const T> image, const MapShape& s,
               const Run& run, const std::function<void(std::int64_t, MatrixView<T>, int)>& f) {
  const std::int64_t channels = bank.channels(), width = s.filter_columns * channels;
  const Image<T> canvas = spread(image, s);
  RunState state(run);
  struct Space {
    Matrix<T> patches, c;
  };
  std::vector<Space> spaces(static_cast<std::size_t>(workers_for(state)));
  parallel_for(
      s.rows(),
      [&](std::int64_t r, int worker) {
        Space& space = spaces[static_cast<std::size_t>(worker)];
        if (space.c.columns() == 0) {
          space.patches = Matrix<T>(s.filter_rows * width, s.columns());
          space.c = Matrix<T>(s.filters, s.columns());
        }
        for (std::int64_t c = 0; c < s.columns(); ++c) {
          T* patch = space.patches.column(c).data();
          for (std::int64_t a = 0; a < s.filter_rows; ++a)
            std::copy_n(&canvas(r + a, c), width, patch + a * width);
        }
        bank.correlate(space.patches, space.c);
        f(r, space.c, worker);
      },
      state);
}

#define STRIATE_INSTANTIATE(T)                                                                   \
  template Image<T> spread(ImageView<const T>, const MapShape&);                                 \
  template Image<T> fold(ImageView<const T>, const MapShape&);                                   \
  template void correlate(const FilterBank<T>&, ImageView<const T>, const MapShape&, const Run&, \
                          const std::function<void(std::int64_t, MatrixView<T>, int)>&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
template Image<float> synthesize<float>(const FilterBank<float>&, const ConvolutionalCodes<float>&,
                                        const Run&);
template Image<double> synthesize<double>(const FilterBank<float>&,
                                          const ConvolutionalCodes<float>&, const Run&);
template Image<double> synthesize<double>(const FilterBank<double>&,
                                          const ConvolutionalCodes<double>&, const Run&);

}  // namespace striate
