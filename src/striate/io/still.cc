#include "striate/io/still.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace striate::detail {
namespace {

constexpr std::int64_t longest = 1 << 20;
constexpr std::uint64_t always_allowed = 64 << 20, largest_ratio = 1100;

}  // namespace

void check_decoded_size(const std::string& name, StillShape shape, std::size_t bytes_per_sample,
                        std::size_t file_bytes) {
  if (shape.rows < 1 || shape.columns < 1 || shape.rows > longest || shape.columns > longest)
    throw IoError("image: ", name, " is ", shape.rows, " x ", shape.columns,
                  " pixels; sides from 1 to ", longest, " can be read");
  const std::uint64_t bytes = static_cast<std::uint64_t>(shape.rows) *
                              static_cast<std::uint64_t>(shape.columns) *
                              static_cast<std::uint64_t>(shape.channels) * bytes_per_sample;
  const std::uint64_t limit =
      std::max<std::uint64_t>(always_allowed, largest_ratio * std::uint64_t{file_bytes});
  if (bytes > limit)
    throw IoError("image: ", name, " announces ", shape.rows, " x ", shape.columns,
                  " pixels in a file of ", file_bytes, " bytes; that cannot be");
}

Array new_still(DType type, StillShape shape) {
  if (shape.channels == 1) return Array(type, {shape.rows, shape.columns});
  return Array(type, {shape.rows, shape.columns, shape.channels});
}

StillShape check_still(std::string_view who, const Array& image, std::span<const DType> types,
                       std::int64_t longest_side) {
  const std::vector<std::int64_t>& shape = image.shape();
  if (shape.size() < 2 || shape.size() > 3 ||
      (shape.size() == 3 && shape[2] != 1 && shape[2] != 3)) {
    std::vector<std::string> sizes;
    for (const std::int64_t extent : shape)
      sizes.push_back(to_text(static_cast<long long>(extent)));
    throw Error(who, ": the array has shape (", list_of(sizes),
                "); an image is (rows, columns) or (rows, columns, 3)");
  }
  if (shape[0] < 1 || shape[1] < 1 || shape[0] > longest_side || shape[1] > longest_side)
    throw Error(who, ": the image is ", shape[0], " x ", shape[1], " pixels; sides from 1 to ",
                longest_side, " can be written");
  if (std::find(types.begin(), types.end(), image.dtype()) == types.end()) {
    std::vector<std::string> names;
    for (const DType type : types) names.emplace_back(name_of(type));
    throw Error(who, ": the image is ", name_of(image.dtype()), "; ", list_of(names),
                " can be written");
  }
  return {.rows = shape[0], .columns = shape[1], .channels = shape.size() == 3 ? shape[2] : 1};
}

Array orient(Array image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const std::int64_t rows = image.shape()[0], columns = image.shape()[1];
  std::vector<std::int64_t> shape = image.shape();
  const bool transposed = orientation >= 5;
  if (transposed) std::swap(shape[0], shape[1]);
  // Where row 0 and column 0 of the stored image belong: Exif 2.32, table 6.
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  Array out(image.dtype(), shape);
  const std::size_t pixel = image.bytes().size() / static_cast<std::size_t>(rows * columns);
  for (std::int64_t i = 0; i < shape[0]; ++i) {
    for (std::int64_t j = 0; j < shape[1]; ++j) {
      const std::int64_t y = from_bottom ? shape[0] - 1 - i : i;
      const std::int64_t x = from_right ? shape[1] - 1 - j : j;
      const std::int64_t source = transposed ? x * columns + y : y * columns + x;
      std::memcpy(out.bytes().data() + static_cast<std::size_t>(i * shape[1] + j) * pixel,
                  image.bytes().data() + static_cast<std::size_t>(source) * pixel, pixel);
    }
  }
  return out;
}

}  // namespace striate::detail
