#include "striate/memory/detail/stored_field.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace striate::detail {

// In four interleaved sums; written out because std::complex's product
// looks for infinities.
template <class T>
std::complex<T> overlap(UnitCode<T> code, const std::complex<T>* z) {
  constexpr std::size_t lanes = 4;
  T re[lanes] = {}, im[lanes] = {};
  const std::size_t active = code.active();
  const auto add = [&](std::size_t i, std::size_t lane) {
    const std::complex<T> c = code.values[i], x = z[code.units[i]];
    re[lane] += c.real() * x.real() + c.imag() * x.imag();
    im[lane] += c.real() * x.imag() - c.imag() * x.real();
  };
  std::size_t i = 0;
  for (; i + lanes <= active; i += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane) add(i + lane, lane);
  for (std::size_t lane = 0; i < active; ++i, ++lane) add(i, lane);
  return {(re[0] + re[2]) + (re[1] + re[3]), (im[0] + im[2]) + (im[1] + im[3])};
}

template <class T>
void add_scaled(std::complex<T> h, UnitCode<T> code, std::span<std::complex<T>> u) {
  for (std::size_t i = 0; i < code.active(); ++i) {
    const std::complex<T> c = code.values[i];
    u[static_cast<std::size_t>(code.units[i])] += std::complex<T>(
        h.real() * c.real() - h.imag() * c.imag(), h.real() * c.imag() + h.imag() * c.real());
  }
}

template <class T>
StoredField<T>::StoredField(const UnitCodes<T>* codes, std::span<const double> weights,
                            std::unique_ptr<Weighting<T>> weighting, bool zero_diagonal)
    : codes_(codes), weighting_(std::move(weighting)) {
  if (std::ranges::any_of(weights, [](double w) { return w != 1; }))
    for (double w : weights) roots_.push_back(static_cast<T>(std::sqrt(w)));
  if (!zero_diagonal) return;
  std::vector<double> sums(static_cast<std::size_t>(units()));
  for (std::int64_t p = 0; p < patterns(); ++p) {
    const UnitCode<T> code = (*codes_)[p];
    for (std::size_t i = 0; i < code.active(); ++i)
      sums[static_cast<std::size_t>(code.units[i])] +=
          weights[static_cast<std::size_t>(p)] * std::norm(std::complex<double>(code.values[i]));
  }
  diagonal_.assign(sums.begin(), sums.end());
}

template <class T>
void StoredField<T>::overlaps(std::span<const std::complex<T>> z,
                              std::span<std::complex<T>> a) const {
  for (std::int64_t p = 0; p < patterns(); ++p)
    a[static_cast<std::size_t>(p)] = overlap((*codes_)[p], z.data());
}

template <class T>
void StoredField<T>::scale(std::span<std::complex<T>> a) const {
  for (std::size_t p = 0; p < roots_.size(); ++p) a[p] *= roots_[p];
}

template <class T>
void StoredField<T>::weigh(std::span<std::complex<T>> a) const {
  scale(a);
  weighting_->weigh(a);
  scale(a);
}

template <class T>
void StoredField<T>::apply(std::span<const std::complex<T>> h, std::span<const std::complex<T>> z,
                           std::span<std::complex<T>> u) const {
  std::ranges::fill(u, std::complex<T>(0));
  for (std::int64_t p = 0; p < patterns(); ++p)
    if (h[static_cast<std::size_t>(p)] != std::complex<T>(0))
      add_scaled(h[static_cast<std::size_t>(p)], (*codes_)[p], u);
  for (std::size_t i = 0; i < diagonal_.size(); ++i) {
    const std::complex<T> own = diagonal_[i] * z[i];
    u[i] -= own;
    // Rounding must not leave dust where nothing but a unit itself acts on it: phases would make
    // an active unit of it.
    constexpr T dust = 32 * std::numeric_limits<T>::epsilon();
    if (std::norm(u[i]) <= dust * dust * std::norm(own)) u[i] = 0;
  }
}

template <class T>
double StoredField<T>::potential(std::span<const std::complex<T>> z,
                                 std::span<const std::complex<T>> a) const {
  double phi;
  if (roots_.empty()) {
    phi = weighting_->potential(a);
  } else {
    std::vector<std::complex<T>> scaled(a.begin(), a.end());
    scale(scaled);
    phi = weighting_->potential(scaled);
  }
  for (std::size_t i = 0; i < diagonal_.size(); ++i)
    phi -= 0.5 * diagonal_[i] * std::norm(std::complex<double>(z[i]));
  return phi;
}

#define STRIATE_INSTANTIATE(T)                                           \
  template class StoredField<T>;                                         \
  template std::complex<T> overlap(UnitCode<T>, const std::complex<T>*); \
  template void add_scaled(std::complex<T>, UnitCode<T>, std::span<std::complex<T>>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::detail
