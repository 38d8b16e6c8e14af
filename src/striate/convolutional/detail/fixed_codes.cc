#include "striate/convolutional/detail/fixed_codes.h"

#include <algorithm>

#include "striate/convolutional/convolution.h"

namespace striate::detail {

template <class T>
FixedCodes<T>::FixedCodes(std::span<const CodedImage<T>> images, const FilterBank<T>& bank,
                          const Run& run)
    : rows_(bank.rows()), columns_(bank.columns()), channels_(bank.channels()) {
  bool weighted = false;
  double most = 0;
  for (const CodedImage<T>& from : images) {
    const ConvolutionalCodes<T>& codes = *from.codes;
    Part part{from.data_weights, codes.shape(), {}, {}, synthesize<T>(bank, codes, run)};
    for (std::int64_t i = 0; i < part.residual.size(); ++i) {
      const bool counts = !part.omega.data || part.omega.data[i] > T(0);
      part.residual.data()[i] = counts ? from.image.data[i] - part.residual.data()[i] : T(0);
    }
    part.starts.assign(static_cast<std::size_t>(bank.filters()) + 1, 0);
    for (std::uint16_t k : codes.filters()) ++part.starts[k + std::size_t{1}];
    for (std::size_t k = 1; k < part.starts.size(); ++k) part.starts[k] += part.starts[k - 1];
    part.entries.resize(static_cast<std::size_t>(codes.nonzeros()));
    std::vector<std::int64_t> next = part.starts;
    for (std::int64_t r = 0; r < codes.shape().rows(); ++r)
      for (auto i = static_cast<std::size_t>(codes.starts()[static_cast<std::size_t>(r)]);
           i < static_cast<std::size_t>(codes.starts()[static_cast<std::size_t>(r) + 1]); ++i)
        part.entries[static_cast<std::size_t>(next[codes.filters()[i]]++)] = {
            static_cast<std::int32_t>(r), codes.columns()[i], codes.values()[i]};
    weighted = weighted || part.omega.data;
    for (std::int64_t i = 0; part.omega.data && i < part.omega.size(); ++i)
      most = std::max(most, static_cast<double>(part.omega.data[i]));
    if (!part.omega.data) most = std::max(most, 1.0);
    parts_.push_back(std::move(part));
  }
  if (weighted) most_weight_ = most;
}

template <class T>
std::int64_t FixedCodes<T>::uses(std::int64_t filter) const {
  std::int64_t sum = 0;
  for (const Part& part : parts_) sum += std::ssize(part.of(filter));
  return sum;
}

template <class T>
double FixedCodes<T>::energy(std::int64_t filter) const {
  double sum = 0;
  for (const Part& part : parts_)
    for (const Entry& e : part.of(filter))
      sum += static_cast<double>(e.value) * static_cast<double>(e.value);
  return sum;
}

template <class T>
double FixedCodes<T>::fidelity() const {
  double sum = 0;
  for (const Part& part : parts_)
    for (std::int64_t i = 0; i < part.residual.size(); ++i) {
      const double r = part.residual.data()[i];
      sum += part.omega.data ? static_cast<double>(part.omega.data[i]) * r * r : r * r;
    }
  return sum / 2;
}

template <class T>
template <class F>
void FixedCodes<T>::for_each_run(const MapShape& s, std::int64_t channels, const Entry& e,
                                 const F& f) {
  const bool hangs = s.boundary == Boundary::linear;
  const std::int64_t top = e.row - (hangs ? s.filter_rows - 1 : 0),
                     left = e.column - (hangs ? s.filter_columns - 1 : 0),
                     width = s.image_columns * channels, taps = s.filter_columns * channels;
  // Taps [first, last) of a row are on the image; those beyond wrap to its beginning, or fall off.
  const std::int64_t first = std::max<std::int64_t>(0, -left),
                     last = std::min(s.filter_columns, s.image_columns - left);
  for (std::int64_t a = 0; a < s.filter_rows; ++a) {
    std::int64_t row = top + a;
    if (s.boundary == Boundary::circular && row >= s.image_rows) row -= s.image_rows;
    if (row < 0 || row >= s.image_rows) continue;
    f(a * taps + first * channels, row * width + (left + first) * channels,
      (last - first) * channels);
    if (s.boundary == Boundary::circular && last < s.filter_columns)
      f(a * taps + last * channels, row * width, (s.filter_columns - last) * channels);
  }
}

template <class T>
void FixedCodes<T>::correlate(std::int64_t image, std::int64_t filter, std::span<T> out) const {
  const Part& part = parts_[static_cast<std::size_t>(image)];
  const T *r = part.residual.data(), *omega = part.omega.data;
  T* to = out.data();
  for (const Entry& e : part.of(filter))
    for_each_run(part.shape, channels_, e,
                 [&](std::int64_t tap, std::int64_t pixel, std::int64_t count) {
                   if (omega)
                     for (std::int64_t j = 0; j < count; ++j)
                       to[tap + j] += e.value * omega[pixel + j] * r[pixel + j];
                   else
                     for (std::int64_t j = 0; j < count; ++j) to[tap + j] += e.value * r[pixel + j];
                 });
}

template <class T>
void FixedCodes<T>::change(std::int64_t image, std::int64_t filter, std::span<const T> delta) {
  Part& part = parts_[static_cast<std::size_t>(image)];
  T* r = part.residual.data();
  for (const Entry& e : part.of(filter))
    for_each_run(part.shape, channels_, e,
                 [&](std::int64_t tap, std::int64_t pixel, std::int64_t count) {
                   for (std::int64_t j = 0; j < count; ++j)
                     r[pixel + j] -= e.value * delta[static_cast<std::size_t>(tap + j)];
                 });
}

template <class T>
void FixedCodes<T>::add_autocorrelation(const Part& part, std::int64_t filter,
                                        std::span<double> lags) const {
  const auto entries = part.of(filter);
  const std::int64_t rows = part.shape.rows(), columns = part.shape.columns(),
                     width = 2 * columns_ - 1;
  const bool wraps = part.shape.boundary == Boundary::circular;
  std::vector<std::size_t> begin(static_cast<std::size_t>(rows) + 1, 0);
  for (const Entry& e : entries) ++begin[static_cast<std::size_t>(e.row) + 1];
  for (std::size_t r = 1; r < begin.size(); ++r) begin[r] += begin[r - 1];
  for (const Entry& p : entries)
    for (std::int64_t down = 0; down < rows_; ++down) {
      const std::int64_t at = p.row + down;
      if (at >= rows && !wraps) break;
      const auto row = static_cast<std::size_t>(at % rows);
      for (std::size_t j = begin[row]; j < begin[row + 1]; ++j) {
        const double product = static_cast<double>(p.value) * static_cast<double>(entries[j].value);
        const std::int64_t right = entries[j].column - p.column;
        const auto add = [&](std::int64_t lag) {
          if (lag > -columns_ && lag < columns_)
            lags[static_cast<std::size_t>((rows_ - 1 + down) * width + columns_ - 1 + lag)] +=
                product;
        };
        add(right);
        if (wraps) add(right - columns);
        if (wraps) add(right + columns);
      }
    }
}

template <class T>
std::vector<double> FixedCodes<T>::autocorrelation(std::int64_t filter) const {
  std::vector<double> lags(static_cast<std::size_t>((2 * rows_ - 1) * (2 * columns_ - 1)), 0);
  for (const Part& part : parts_) add_autocorrelation(part, filter, lags);
  // c[-e] = c[e]; of lags in the same row both signs were seen.
  const std::size_t below = static_cast<std::size_t>((rows_ - 1) * (2 * columns_ - 1));
  for (std::size_t i = 0; i < below; ++i) lags[i] = lags[lags.size() - 1 - i];
  return lags;
}

template class FixedCodes<float>;
template class FixedCodes<double>;

}  // namespace striate::detail
