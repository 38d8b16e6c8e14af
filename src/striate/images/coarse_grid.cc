#include "striate/images/coarse_grid.h"

#include <algorithm>
#include <vector>

namespace striate {
namespace {

void check_spacing(std::string_view who, std::int64_t spacing) {
  if (spacing < 1) throw Error(who, ": spacing is ", spacing, "; it must be at least 1");
}

std::int64_t cells_of(std::int64_t pixels, std::int64_t spacing) {
  return (pixels + spacing - 1) / spacing;
}

// A pixel's place among the middles of cells along one axis: (1 - part) first + part last.
struct Between {
  std::int64_t first = 0, last = 0;
  double part = 0;
};

std::vector<Between> places(std::int64_t pixels, std::int64_t spacing) {
  const std::int64_t cells = cells_of(pixels, spacing);
  const auto middle = [&](std::int64_t cell) {
    return 0.5 * double(cell * spacing + std::min((cell + 1) * spacing, pixels) - 1);
  };
  std::vector<Between> all(static_cast<std::size_t>(pixels));
  for (std::int64_t i = 0; i < pixels; ++i) {
    std::int64_t first = i / spacing;
    if (double(i) < middle(first)) --first;
    const std::int64_t a = std::max<std::int64_t>(first, 0), b = std::min(first + 1, cells - 1);
    const double part = a == b ? 0 : (double(i) - middle(a)) / (middle(b) - middle(a));
    all[static_cast<std::size_t>(i)] = {a, b, part};
  }
  return all;
}

}  // namespace

template <class T>
Image<T> coarse_grid(const Image<T>& image, std::int64_t spacing) {
  check_spacing("coarse_grid", spacing);
  if (image.size() == 0) throw Error("coarse_grid: the image has no pixels; it needs one");
  Image<T> cells(cells_of(image.rows(), spacing), cells_of(image.columns(), spacing),
                 image.channels());
  for (std::int64_t r = 0; r < cells.rows(); ++r)
    for (std::int64_t c = 0; c < cells.columns(); ++c)
      for (std::int64_t channel = 0; channel < image.channels(); ++channel) {
        const std::int64_t bottom = std::min((r + 1) * spacing, image.rows()),
                           right = std::min((c + 1) * spacing, image.columns());
        double sum = 0;
        for (std::int64_t y = r * spacing; y < bottom; ++y)
          for (std::int64_t x = c * spacing; x < right; ++x) sum += double(image(y, x, channel));
        cells(r, c, channel) =
            static_cast<T>(sum / double((bottom - r * spacing) * (right - c * spacing)));
      }
  return cells;
}

template <class T>
Image<T> refined_grid(const Image<T>& cells, std::int64_t spacing, std::int64_t rows,
                      std::int64_t columns) {
  check_spacing("refined_grid", spacing);
  if (rows < 1 || columns < 1 || cells.rows() != cells_of(rows, spacing) ||
      cells.columns() != cells_of(columns, spacing))
    throw Error("refined_grid: ", cells.rows(), " x ", cells.columns(), " cells of ", spacing,
                " x ", spacing, " pixels for an image of ", rows, " x ", columns, "; it has ",
                cells_of(rows, spacing), " x ", cells_of(columns, spacing));
  const std::vector<Between> down = places(rows, spacing), along = places(columns, spacing);
  Image<T> image(rows, columns, cells.channels());
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      for (std::int64_t channel = 0; channel < cells.channels(); ++channel) {
        const Between& y = down[static_cast<std::size_t>(r)];
        const Between& x = along[static_cast<std::size_t>(c)];
        const auto row = [&](std::int64_t cell) {
          return (1 - x.part) * double(cells(cell, x.first, channel)) +
                 x.part * double(cells(cell, x.last, channel));
        };
        image(r, c, channel) = static_cast<T>((1 - y.part) * row(y.first) + y.part * row(y.last));
      }
  return image;
}

#define STRIATE_INSTANTIATE(T)                                  \
  template Image<T> coarse_grid(const Image<T>&, std::int64_t); \
  template Image<T> refined_grid(const Image<T>&, std::int64_t, std::int64_t, std::int64_t);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
