#include "striate/codes/convolutional_codes.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace striate {

void check_maps(std::string_view who, const MapShape& s) {
  if (s.image_rows < 1 || s.image_columns < 1)
    throw Error(who, ": image has ", s.image_rows, " x ", s.image_columns,
                " pixels; at least 1 x 1 is needed");
  if (s.filters < 1 || s.filter_rows < 1 || s.filter_columns < 1)
    throw Error(who, ": ", s.filters, " filters of ", s.filter_rows, " x ", s.filter_columns,
                " taps; at least one of 1 x 1 is needed");
  const bool larger = s.filter_rows > s.image_rows || s.filter_columns > s.image_columns;
  if (larger && s.boundary != Boundary::linear)
    throw Error(who, ": filters have ", s.filter_rows, " x ", s.filter_columns, " taps, the image ",
                s.image_rows, " x ", s.image_columns,
                " pixels; filters may not be larger (but with boundary linear)");
  constexpr std::int64_t most = std::int64_t{1} + std::numeric_limits<std::uint16_t>::max();
  if (s.filters > most || s.columns() > most)
    throw Error(who, ": ", s.filters, " filters and maps of ", s.columns(), " columns; at most ",
                most, " each are allowed");
}

namespace {
const MapShape& checked(const MapShape& shape) {
  check_maps("ConvolutionalCodes", shape);
  return shape;
}
}  // namespace

template <class T>
ConvolutionalCodes<T>::ConvolutionalCodes(const MapShape& shape)
    : shape_(checked(shape)), starts_(static_cast<std::size_t>(shape.rows()) + 1, 0) {}

template <class T>
ConvolutionalCodes<T>::ConvolutionalCodes(const MapShape& shape, std::vector<std::int64_t> starts,
                                          std::vector<std::uint16_t> columns,
                                          std::vector<std::uint16_t> filters, std::vector<T> values)
    : shape_(checked(shape)),
      starts_(std::move(starts)),
      columns_(std::move(columns)),
      filters_(std::move(filters)),
      values_(std::move(values)) {
  const std::size_t entries = values_.size();
  if (columns_.size() != entries || filters_.size() != entries)
    throw Error("ConvolutionalCodes: ", columns_.size(), " columns, ", filters_.size(),
                " filters and ", entries, " values; as many of each are needed");
  if (std::ssize(starts_) != shape_.rows() + 1 || starts_.front() != 0 ||
      starts_.back() != std::int64_t(entries) || !std::ranges::is_sorted(starts_))
    throw Error("ConvolutionalCodes: indptr must rise from 0 to the ", entries, " entries in ",
                shape_.rows() + 1, " steps, one per row and one more");
  for (std::int64_t r = 0; r < shape_.rows(); ++r)
    for (auto i = std::size_t(starts_[std::size_t(r)]);
         i < std::size_t(starts_[std::size_t(r) + 1]); ++i) {
      if (columns_[i] >= shape_.columns() || filters_[i] >= shape_.filters)
        throw Error("ConvolutionalCodes: entry ", i, " is at column ", columns_[i], " of filter ",
                    filters_[i], "; maps have ", shape_.columns(), " columns, and there are ",
                    shape_.filters, " filters");
      const bool first = i == std::size_t(starts_[std::size_t(r)]);
      if (!first &&
          std::pair(columns_[i - 1], filters_[i - 1]) >= std::pair(columns_[i], filters_[i]))
        throw Error("ConvolutionalCodes: entry ", i,
                    " is out of order; within a row columns, then filters must rise");
      if (!std::isfinite(values_[i]))
        throw Error("ConvolutionalCodes: entry ", i, " holds ", values_[i],
                    "; every value must be finite");
    }
}

template <class T>
std::int64_t ConvolutionalCodes<T>::bytes() const {
  return static_cast<std::int64_t>(starts_.size() * sizeof(starts_[0]) +
                                   values_.size() * (2 * sizeof(std::uint16_t) + sizeof(T)));
}

template <class T>
double ConvolutionalCodes<T>::sparseness() const {
  return 1 - static_cast<double>(nonzeros()) / static_cast<double>(shape_.size());
}

template <class T>
void ConvolutionalCodes<T>::append(std::int64_t row, std::int64_t column, std::int64_t filter,
                                   T value) {
  const bool inside = row >= 0 && row < shape_.rows() && column >= 0 && column < shape_.columns() &&
                      filter >= 0 && filter < shape_.filters;
  // Every row after that of the last entry begins, and ends, where entries end now.
  const bool later = inside && starts_[std::size_t(row)] == nonzeros();
  const bool behind = inside && starts_[std::size_t(row) + 1] == nonzeros() &&
                      (later || columns_.back() < column ||
                       (columns_.back() == column && filters_.back() < filter));
  if (!behind || !std::isfinite(value))
    throw Error("ConvolutionalCodes: entry (", row, ", ", column, ", ", filter, ") = ", value,
                "; entries must come by row, column and filter within ", shape_.rows(), " x ",
                shape_.columns(), " x ", shape_.filters, " and be finite");
  columns_.push_back(static_cast<std::uint16_t>(column));
  filters_.push_back(static_cast<std::uint16_t>(filter));
  values_.push_back(value);
  std::fill(starts_.begin() + row + 1, starts_.end(), nonzeros());
}

template <class T>
ConvolutionalCodes<T> ConvolutionalCodes<T>::pruned(double least, bool relative) const {
  if (!(least >= 0)) throw Error("ConvolutionalCodes: least is ", least, "; it must be at least 0");
  double largest = 0;
  for (T x : values_) largest = std::max(largest, std::abs(static_cast<double>(x)));
  const double cut = relative ? least * largest : least;
  ConvolutionalCodes result(shape_);
  for (std::size_t r = 0; r + 1 < starts_.size(); ++r) {
    for (auto i = std::size_t(starts_[r]); i < std::size_t(starts_[r + 1]); ++i) {
      if (std::abs(static_cast<double>(values_[i])) < cut) continue;
      result.columns_.push_back(columns_[i]);
      result.filters_.push_back(filters_[i]);
      result.values_.push_back(values_[i]);
    }
    result.starts_[r + 1] = result.nonzeros();
  }
  return result;
}

template <class T>
std::vector<std::int64_t> ConvolutionalCodes<T>::uses() const {
  std::vector<std::int64_t> uses(static_cast<std::size_t>(shape_.filters));
  for (std::uint16_t k : filters_) ++uses[k];
  return uses;
}

template <class T>
std::vector<double> ConvolutionalCodes<T>::sums() const {
  std::vector<double> sums(static_cast<std::size_t>(shape_.filters));
  for (std::size_t i = 0; i < values_.size(); ++i)
    sums[filters_[i]] += std::abs(static_cast<double>(values_[i]));
  return sums;
}

template <class T>
Matrix<T> ConvolutionalCodes<T>::to_dense() const {
  Matrix<T> maps(shape_.rows() * shape_.columns(), shape_.filters);
  for (std::int64_t r = 0; r < shape_.rows(); ++r)
    for (auto i = std::size_t(starts_[std::size_t(r)]);
         i < std::size_t(starts_[std::size_t(r) + 1]); ++i)
      maps(r * shape_.columns() + columns_[i], filters_[i]) = values_[i];
  return maps;
}

template <class T>
ConvolutionalCodes<T> ConvolutionalCodes<T>::from_dense(const MapShape& shape,
                                                        MatrixView<const T> maps) {
  ConvolutionalCodes codes(shape);
  if (maps.rows != shape.rows() * shape.columns() || maps.columns != shape.filters)
    throw Error("ConvolutionalCodes: maps are ", maps.rows, " x ", maps.columns, "; they must be ",
                shape.rows() * shape.columns(), " x ", shape.filters);
  for (std::int64_t r = 0; r < shape.rows(); ++r) {
    for (std::int64_t c = 0; c < shape.columns(); ++c)
      for (std::int64_t k = 0; k < shape.filters; ++k) {
        const T value = maps(r * shape.columns() + c, k);
        if (value == T(0)) continue;
        if (!std::isfinite(value))
          throw Error("ConvolutionalCodes: map ", k, " holds ", value, " at row ", r, ", column ",
                      c, "; every value must be finite");
        codes.columns_.push_back(static_cast<std::uint16_t>(c));
        codes.filters_.push_back(static_cast<std::uint16_t>(k));
        codes.values_.push_back(value);
      }
    codes.starts_[std::size_t(r) + 1] = codes.nonzeros();
  }
  return codes;
}

template <class T>
Archive ConvolutionalCodes<T>::to_archive() const {
  Archive archive;
  archive.attributes["maps"] = {
      {"boundary", std::string(EnumNames<Boundary>::names[std::size_t(shape_.boundary)])},
      {"image_shape", std::vector<double>{double(shape_.image_rows), double(shape_.image_columns)}},
      {"filter_shape", std::vector<double>{double(shape_.filters), double(shape_.filter_rows),
                                           double(shape_.filter_columns)}}};
  archive.arrays["maps/indptr"] = Array::from(starts(), {shape_.rows() + 1});
  archive.arrays["maps/columns"] = Array::from(columns(), {nonzeros()});
  archive.arrays["maps/filters"] = Array::from(filters(), {nonzeros()});
  archive.arrays["maps/data"] = Array::from(values(), {nonzeros()});
  return archive;
}

template <class T>
ConvolutionalCodes<T> ConvolutionalCodes<T>::from_archive(const Archive& archive) {
  const auto boundary = archive.get<std::string>("maps", "boundary");
  const auto& names = EnumNames<Boundary>::names;
  const auto name = std::ranges::find(names, boundary);
  if (name == names.end())
    throw Error("ConvolutionalCodes: boundary is '", boundary,
                "'; it must be circular, inside or linear");
  std::vector<std::int64_t> sizes;
  for (const auto& [attribute, count] :
       {std::pair("image_shape", 2), std::pair("filter_shape", 3)}) {
    const auto shape = archive.get<std::vector<double>>("maps", attribute);
    if (std::ssize(shape) != count)
      throw Error("ConvolutionalCodes: ", attribute, " has ", shape.size(),
                  " numbers; it must have ", count);
    for (double length : shape) {
      if (!(length >= 0 && length < 0x1p31) || length != std::floor(length))
        throw Error("ConvolutionalCodes: ", attribute, " holds ", length,
                    "; it must hold whole numbers");
      sizes.push_back(static_cast<std::int64_t>(length));
    }
  }
  const MapShape shape{.image_rows = sizes[0],
                       .image_columns = sizes[1],
                       .filter_rows = sizes[3],
                       .filter_columns = sizes[4],
                       .filters = sizes[2],
                       .boundary = static_cast<Boundary>(name - names.begin())};
  return ConvolutionalCodes(shape, archive.at("maps/indptr").to<std::int64_t>(),
                            archive.at("maps/columns").to<std::uint16_t>(),
                            archive.at("maps/filters").to<std::uint16_t>(),
                            archive.at("maps/data").to<T>());
}

template class ConvolutionalCodes<float>;
template class ConvolutionalCodes<double>;

}  // namespace striate
