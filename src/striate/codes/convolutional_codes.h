// Codes of an image under a bank of filters: which filter begins at which position, and how strong.
// A map is the grid of positions of one filter. Almost all of a map is zero, so entries are kept as
// (row, column, filter, value), sorted in that order; row r has those of [starts[r], starts[r + 1]).
//
// Where atoms may lie in an image of H x W pixels, filters having h x w taps:
//   circular   H x W positions; atoms wrap around
//   inside     (H - h + 1) x (W - w + 1); no atom crosses the border
//   linear     (H + h - 1) x (W + w - 1); atoms hang over, and what hangs over counts for nothing.
//              Position (r, c) puts tap (0, 0) on pixel (r - h + 1, c - w + 1)
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "striate/core/archive.h"
#include "striate/core/image.h"
#include "striate/core/matrix.h"
#include "striate/core/settings.h"

namespace striate {

enum class Boundary { circular, inside, linear };
template <>
struct EnumNames<Boundary> {
  static constexpr std::array names{"circular", "inside", "linear"};
};

// What codes are codes of.
struct MapShape {
  std::int64_t image_rows = 0, image_columns = 0;
  std::int64_t filter_rows = 0, filter_columns = 0;
  std::int64_t filters = 0;
  Boundary boundary = Boundary::circular;

  std::int64_t rows() const { return positions(image_rows, filter_rows); }
  std::int64_t columns() const { return positions(image_columns, filter_columns); }
  std::int64_t size() const { return rows() * columns() * filters; }
  bool operator==(const MapShape&) const = default;

 private:
  std::int64_t positions(std::int64_t pixels, std::int64_t taps) const {
    if (boundary == Boundary::circular) return pixels;
    return boundary == Boundary::inside ? pixels - taps + 1 : pixels + taps - 1;
  }
};
// Error that begins with `who`: no pixel, no tap, no filter, a filter larger than the image (but for
// linear), or more than 65536 filters or columns, which entries can name.
void check_maps(std::string_view who, const MapShape& shape);

template <class T>
class ConvolutionalCodes {
 public:
  ConvolutionalCodes() = default;
  // All zero. Error: as check_maps.
  explicit ConvolutionalCodes(const MapShape& shape);
  // Takes parts over. Error: starts not rising from 0 to the number of entries, entries out of range
  // or out of order, a value that is not finite.
  ConvolutionalCodes(const MapShape& shape, std::vector<std::int64_t> starts,
                     std::vector<std::uint16_t> columns, std::vector<std::uint16_t> filters,
                     std::vector<T> values);

  const MapShape& shape() const { return shape_; }
  std::int64_t nonzeros() const { return static_cast<std::int64_t>(values_.size()); }
  // The fraction of positions and filters that are not used.
  double sparseness() const;
  // That the entries take.
  std::int64_t bytes() const;
  std::span<const std::int64_t> starts() const { return starts_; }  // rows + 1
  std::span<const std::uint16_t> columns() const { return columns_; }
  std::span<const std::uint16_t> filters() const { return filters_; }
  std::span<const T> values() const { return values_; }
  std::span<T> values() { return values_; }

  // The next entry in the order. Error: out of order, out of range or not finite.
  void append(std::int64_t row, std::int64_t column, std::int64_t filter, T value);

  // Without the entries of magnitude below `least`, or below that part of the largest if `relative`.
  ConvolutionalCodes pruned(double least, bool relative = false) const;
  // Entries per filter, and the sums of their magnitudes.
  std::vector<std::int64_t> uses() const;
  std::vector<double> sums() const;

  // Maps in C order as columns: (rows * columns) x filters.
  Matrix<T> to_dense() const;
  // Exact zeros are dropped. Error: sizes differ.
  static ConvolutionalCodes from_dense(const MapShape& shape, MatrixView<const T> maps);

  // "maps/data", "maps/columns", "maps/filters", "maps/indptr" (where rows begin) and attributes of
  // "maps" that say the shape. from_archive checks all of it.
  Archive to_archive() const;
  static ConvolutionalCodes from_archive(const Archive& archive);

  bool operator==(const ConvolutionalCodes&) const = default;

 private:
  MapShape shape_;
  std::vector<std::int64_t> starts_;
  std::vector<std::uint16_t> columns_, filters_;
  std::vector<T> values_;
};

}  // namespace striate
