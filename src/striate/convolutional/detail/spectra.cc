#include "striate/convolutional/detail/spectra.h"

#include <algorithm>

#include "striate/core/parallel.h"
#include "striate/linalg/fft.h"

namespace striate::detail {

template <class T>
Spectra<T>::Spectra(const FilterBank<T>& bank, std::int64_t rows, std::int64_t columns,
                    const Run& run)
    : rows_(rows),
      columns_(columns),
      frequencies_(rows * fft_columns(columns)),
      filters_(bank.filters()),
      channels_(bank.channels()),
      values_(static_cast<std::size_t>(filters_ * channels_ * frequencies_)) {
  if (bank.rows() > rows || bank.columns() > columns)
    throw Error("Spectra: filters have ", bank.rows(), " x ", bank.columns(), " taps, the grid ",
                rows, " x ", columns, "; filters may not be larger");
  RunState state(run);
  parallel_for(
      filters_,
      [&](std::int64_t k, int) {
        AlignedVector<T> plane(static_cast<std::size_t>(rows * columns));
        for (std::int64_t channel = 0; channel < channels_; ++channel) {
          for (std::int64_t a = 0; a < bank.rows(); ++a)
            for (std::int64_t b = 0; b < bank.columns(); ++b)
              plane[static_cast<std::size_t>(a * columns + b)] = bank.filter(
                  k)[static_cast<std::size_t>((a * bank.columns() + b) * channels_ + channel)];
          fft2<T>({plane.data(), rows, columns, columns},
                  values_.data() + (k * channels_ + channel) * frequencies_);
        }
      },
      state);
}

template <class T>
double Spectra<T>::squared_norm() const {
  double largest = 0;
  for (std::int64_t f = 0; f < frequencies_; ++f) {
    double sum = 0;
    for (std::int64_t k = 0; k < filters_ * channels_; ++k)
      sum +=
          static_cast<double>(std::norm(values_[static_cast<std::size_t>(k * frequencies_ + f)]));
    largest = std::max(largest, sum);
  }
  return largest;
}

template class Spectra<float>;
template class Spectra<double>;

}  // namespace striate::detail
