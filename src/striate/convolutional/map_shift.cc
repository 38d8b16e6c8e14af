#include "striate/convolutional/map_shift.h"

#include <algorithm>
#include <cmath>

namespace striate {

template <class T>
ShiftedMaps<T>::ShiftedMaps(const ConvolutionalCodes<T>& cue, std::int64_t reach,
                            std::span<const std::uint8_t> known)
    : shape_(cue.shape()), reach_(reach) {
  const std::int64_t rows = shape_.rows(), columns = shape_.columns();
  if (reach < 0 || reach >= std::min(rows, columns))
    throw Error("ShiftedMaps: reach is ", reach, "; it must be from 0 to ",
                std::min(rows, columns) - 1, ", as maps are ", rows, " x ", columns);
  if (!known.empty() && static_cast<std::int64_t>(known.size()) != rows * columns)
    throw Error("ShiftedMaps: known has ", known.size(), " positions; maps of ", rows, " x ",
                columns, " have ", rows * columns);
  const std::int64_t width = columns + 2 * reach, area = (rows + 2 * reach) * width;
  maps_.resize(static_cast<std::size_t>(area * shape_.filters));
  known_.resize(static_cast<std::size_t>(area));
  double squares = 0;
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t row = (r + reach) * width + reach;
    for (std::int64_t c = 0; c < columns; ++c)
      known_[static_cast<std::size_t>(row + c)] =
          known.empty() || known[static_cast<std::size_t>(r * columns + c)] ? T(1) : T(0);
    for (auto i = std::size_t(cue.starts()[std::size_t(r)]);
         i < std::size_t(cue.starts()[std::size_t(r) + 1]); ++i) {
      const std::int64_t at = row + cue.columns()[i];
      const T value = cue.values()[i] * known_[static_cast<std::size_t>(at)];
      maps_[static_cast<std::size_t>(cue.filters()[i] * area + at)] = value;
      squares += double(value) * double(value);
    }
  }
  norm_ = std::sqrt(squares);
}

template <class T>
std::vector<double> ShiftedMaps<T>::cosines(const ConvolutionalCodes<T>& codes) const {
  if (codes.shape() != shape_)
    throw Error("ShiftedMaps.cosines: codes are of ", codes.shape().filters, " maps of ",
                codes.shape().rows(), " x ", codes.shape().columns(), "; the cue has ",
                shape_.filters, " of ", shape_.rows(), " x ", shape_.columns());
  const std::int64_t side = 2 * reach_ + 1, width = shape_.columns() + 2 * reach_,
                     area = (shape_.rows() + 2 * reach_) * width;
  std::vector<double> products(static_cast<std::size_t>(side * side)), squares(products);
  for (std::int64_t r = 0; r < shape_.rows(); ++r)
    for (auto i = std::size_t(codes.starts()[std::size_t(r)]);
         i < std::size_t(codes.starts()[std::size_t(r) + 1]); ++i) {
      const auto value = double(codes.values()[i]);
      for (std::int64_t d = 0; d < side; ++d) {
        const std::int64_t at = (r + d) * width + codes.columns()[i];
        const T* map = maps_.data() + codes.filters()[i] * area + at;
        const T* seen = known_.data() + at;
        double* product = products.data() + d * side;
        double* square = squares.data() + d * side;
        for (std::int64_t e = 0; e < side; ++e) {
          product[e] += value * double(map[e]);
          square[e] += value * value * double(seen[e]);
        }
      }
    }
  for (std::size_t i = 0; i < products.size(); ++i) {
    const double norms = std::sqrt(squares[i]) * norm_;
    products[i] = norms > 0 ? products[i] / norms : 0;
  }
  return products;
}

template <class T>
MapShift ShiftedMaps<T>::best(const ConvolutionalCodes<T>& codes) const {
  const std::vector<double> all = cosines(codes);
  const std::int64_t side = 2 * reach_ + 1;
  MapShift found;
  found.cosine = all[static_cast<std::size_t>(reach_ * side + reach_)];
  const auto length = [](std::int64_t r, std::int64_t c) { return r * r + c * c; };
  for (std::int64_t r = -reach_; r <= reach_; ++r)
    for (std::int64_t c = -reach_; c <= reach_; ++c) {
      const double cosine = all[static_cast<std::size_t>((r + reach_) * side + c + reach_)];
      const double more = std::abs(cosine) - std::abs(found.cosine);
      if (more > 0 || (more == 0 && length(r, c) < length(found.rows, found.columns)))
        found = {r, c, cosine};
    }
  return found;
}

template class ShiftedMaps<float>;
template class ShiftedMaps<double>;

}  // namespace striate
