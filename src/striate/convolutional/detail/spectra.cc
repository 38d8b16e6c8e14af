#include "striate/convolutional/detail/spectra.h"

#include <algorithm>

#include "striate/core/parallel.h"

namespace striate::detail {

template <class T>
Spectra<T>::Spectra(const FilterBank<T>& bank, std::int64_t rows, std::int64_t columns,
                    const Run& run)
    : fft_(rows, columns),
      filters_(bank.filters()),
      channels_(bank.channels()),
      values_(static_cast<std::size_t>(filters_ * channels_ * fft_.spectrum_size())) {
  if (bank.rows() > rows || bank.columns() > columns)
    throw Error("Spectra: filters have ", bank.rows(), " x ", bank.columns(), " taps, the grid ",
                rows, " x ", columns, "; filters may not be larger");
  RunState state(run);
  parallel_for(
      filters_,
      [&](std::int64_t k, int) {
        AlignedVector<T> plane(static_cast<std::size_t>(fft_.plane_size()));
        for (std::int64_t channel = 0; channel < channels_; ++channel) {
          for (std::int64_t a = 0; a < bank.rows(); ++a)
            for (std::int64_t b = 0; b < bank.columns(); ++b)
              plane[static_cast<std::size_t>(a * fft_.stride() + b)] = bank.filter(
                  k)[static_cast<std::size_t>((a * bank.columns() + b) * channels_ + channel)];
          fft_.forward(plane.data(),
                       values_.data() + (k * channels_ + channel) * fft_.spectrum_size());
        }
      },
      state);
}

template <class T>
void Spectra<T>::transform(ImageView<const T> image, std::int64_t channel, T* spectrum) const {
  AlignedVector<T> plane(static_cast<std::size_t>(fft_.plane_size()));
  for (std::int64_t r = 0; r < image.rows; ++r)
    for (std::int64_t c = 0; c < image.columns; ++c)
      plane[static_cast<std::size_t>(r * fft_.stride() + c)] = image(r, c, channel);
  fft_.forward(plane.data(), spectrum);
}

template <class T>
void Spectra<T>::invert(T* spectrum, std::int64_t channel, ImageView<T> image) const {
  AlignedVector<T> plane(static_cast<std::size_t>(fft_.plane_size()));
  fft_.inverse(spectrum, plane.data());
  for (std::int64_t r = 0; r < image.rows; ++r)
    for (std::int64_t c = 0; c < image.columns; ++c)
      image(r, c, channel) = plane[static_cast<std::size_t>(r * fft_.stride() + c)];
}

template <class T>
double Spectra<T>::squared_norm() const {
  constexpr std::int64_t lanes = PlaneFft<T>::lanes;
  double largest = 0;
  for (std::int64_t i = 0; i < fft_.spectrum_size(); ++i) {
    if (i / lanes % 2 == 1) continue;  // an imaginary part
    double sum = 0;
    for (std::int64_t k = 0; k < filters_ * channels_; ++k)
      for (std::int64_t part : {i, i + lanes}) {
        const auto x =
            static_cast<double>(values_[static_cast<std::size_t>(k * fft_.spectrum_size() + part)]);
        sum += x * x;
      }
    largest = std::max(largest, sum);
  }
  return largest;
}

template class Spectra<float>;
template class Spectra<double>;

}  // namespace striate::detail
