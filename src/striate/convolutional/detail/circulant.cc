#include "striate/convolutional/detail/circulant.h"

#include <algorithm>

namespace striate::detail {

template <class T>
Circulant<T>::Circulant(const FilterBank<T>& bank, std::int64_t rows, std::int64_t columns)
    : rows_(bank.rows()),
      columns_(bank.columns()),
      autocorrelations_((2 * rows_ - 1) * (2 * columns_ - 1), bank.filters()),
      fft_(rows, columns),
      inverse_(static_cast<std::size_t>(fft_.spectrum_size()), T(1)),
      spectrum_(inverse_.size()),
      plane_(static_cast<std::size_t>(fft_.plane_size())) {
  const std::int64_t width = 2 * columns_ - 1;
  for (std::int64_t k = 0; k < bank.filters(); ++k) {
    const T* d = bank.filter(k).data();
    T* lags = autocorrelations_.column(k).data();
    for (std::int64_t a = 0; a < rows_; ++a)
      for (std::int64_t i = 0; i < rows_; ++i)
        for (std::int64_t j = 0; j < columns_; ++j)
          axpy(columns_, d[i * columns_ + j], d + a * columns_,
               lags + (rows_ - 1 + a - i) * width + columns_ - 1 - j);
  }
}

template <class T>
void Circulant<T>::set(std::span<const double> weights) {
  constexpr int lanes = PlaneFft<T>::lanes;
  std::vector<T> sum(static_cast<std::size_t>(autocorrelations_.rows()), T(0));
  for (std::int64_t k = 0; k < autocorrelations_.columns(); ++k)
    axpy(autocorrelations_.rows(), static_cast<T>(weights[static_cast<std::size_t>(k)]),
         autocorrelations_.column(k).data(), sum.data());
  std::ranges::fill(plane_, T(0));
  const auto wrapped = [](std::int64_t lag, std::int64_t size) {
    return ((lag % size) + size) % size;
  };
  for (std::int64_t a = 1 - rows_; a < rows_; ++a)
    for (std::int64_t b = 1 - columns_; b < columns_; ++b)
      plane_[static_cast<std::size_t>(wrapped(a, fft_.rows()) * fft_.stride() +
                                      wrapped(b, fft_.columns()))] +=
          sum[static_cast<std::size_t>((a + rows_ - 1) * (2 * columns_ - 1) + b + columns_ - 1)];
  fft_.forward(plane_.data(), inverse_.data());
  // Real but for rounding, and at least 0.
  for (std::size_t i = 0; i < inverse_.size(); i += 2 * lanes)
    for (std::size_t l = i; l < i + lanes; ++l)
      inverse_[l] = inverse_[l + lanes] = 1 / (1 + std::max(T(0), inverse_[l]));
}

template <class T>
void Circulant<T>::solve(ImageView<const T> r, ImageView<T> z) {
  for (std::int64_t row = 0; row < r.rows; ++row) {
    T* to = plane_.data() + row * fft_.stride();
    std::copy_n(r.data + row * r.columns, r.columns, to);
    std::fill(to + r.columns, to + fft_.stride(), T(0));
  }
  fft_.forward(plane_.data(), spectrum_.data());
  for (std::size_t i = 0; i < spectrum_.size(); ++i) spectrum_[i] *= inverse_[i];
  fft_.inverse(spectrum_.data(), plane_.data());
  for (std::int64_t row = 0; row < z.rows; ++row)
    std::copy_n(plane_.data() + row * fft_.stride(), z.columns, z.data + row * z.columns);
}

template class Circulant<float>;
template class Circulant<double>;

}  // namespace striate::detail
