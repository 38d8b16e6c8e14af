#include "striate/convolutional/detail/data_split.h"

#include <algorithm>

#include "striate/convolutional/convolution.h"
#include "striate/linalg/fft.h"

namespace striate::detail {
namespace {

constexpr double rho_per_weight = 0.3;

}  // namespace

template <class T>
DataSplit<T>::DataSplit(const ConvolutionalProblem<T>& problem) : p_(problem), grid_(p_.shape) {
  const bool linear = p_.shape.boundary == Boundary::linear;
  grid_.boundary = Boundary::circular;
  if (linear) {
    top_ = p_.shape.filter_rows - 1;
    left_ = p_.shape.filter_columns - 1;
    grid_.image_rows = fft_good_size(p_.shape.rows());
    grid_.image_columns = fft_good_size(p_.shape.columns());
  }
  s_ = v_ = on_grid(p_.image);
  if (!linear && !p_.data_weights.data) return;
  Image<T> omega(p_.data_weights.data ? p_.data_weights : p_.image);
  double sum = 0;
  for (std::int64_t i = 0; i < omega.size(); ++i) {
    if (!p_.data_weights.data) omega.data()[i] = 1;
    sum += static_cast<double>(omega.data()[i]);
  }
  if (sum > 0) mean_ = sum / static_cast<double>(omega.size());
  rho_ = rho_per_weight * mean_;
  omega_ = on_grid(omega);
}

template <class T>
Image<T> DataSplit<T>::on_grid(ImageView<const T> image) const {
  Image<T> wide(grid_.image_rows, grid_.image_columns, image.channels);
  for (std::int64_t r = 0; r < image.rows; ++r)
    std::copy_n(&image(r, 0), image.columns * image.channels, &wide(r + top_, left_));
  return wide;
}

template <class T>
ConvolutionalCodes<T> DataSplit<T>::on_grid(const ConvolutionalCodes<T>& codes) const {
  std::vector<std::int64_t> starts(codes.starts().begin(), codes.starts().end());
  starts.resize(static_cast<std::size_t>(grid_.rows()) + 1, starts.back());
  return {grid_,
          std::move(starts),
          {codes.columns().begin(), codes.columns().end()},
          {codes.filters().begin(), codes.filters().end()},
          {codes.values().begin(), codes.values().end()}};
}

template <class T>
Image<T> DataSplit<T>::begin(const ConvolutionalCodes<T>& y, const Run& run) {
  const Image<double> model = synthesize<double>(p_.bank, on_grid(y), run);
  Image<T> theta = s_;
  for (std::int64_t i = 0; i < theta.size(); ++i) {
    v_.data()[i] = s_.data()[i] - static_cast<T>(model.data()[i]);
    theta.data()[i] = weighted() ? omega_.data()[i] * v_.data()[i] : v_.data()[i];
  }
  return theta;
}

template <class T>
Image<T> DataSplit<T>::target() const {
  Image<T> image = s_;
  for (std::int64_t i = 0; i < omega_.size(); ++i)
    image.data()[i] -= (1 - omega_.data()[i] / static_cast<T>(rho_)) * v_.data()[i];
  return image;
}

template <class T>
Image<T> DataSplit<T>::step(const Image<T>& left, double relaxation) {
  const T rho = static_cast<T>(rho_), alpha = static_cast<T>(relaxation);
  Image<T> r = left;
  squares_ = 0;
  for (std::int64_t i = 0; i < omega_.size(); ++i) {
    const T omega = omega_.data()[i];
    T& v = v_.data()[i];
    r.data()[i] += (1 - omega / rho) * v;
    squares_ += static_cast<double>(omega * r.data()[i]) * static_cast<double>(r.data()[i]);
    v += alpha * rho / (omega + rho) * (r.data()[i] - v);
  }
  Image<T> seen(p_.image.rows, p_.image.columns, p_.image.channels);
  for (std::int64_t row = 0; row < seen.rows(); ++row)
    std::copy_n(&r(row + top_, left_), seen.columns() * seen.channels(), &seen(row, 0));
  return seen;
}

template class DataSplit<float>;
template class DataSplit<double>;

}  // namespace striate::detail
