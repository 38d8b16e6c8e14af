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
                            std::unique_ptr<Weighting<T>> weighting, bool zero_diagonal,
                            double factor)
    : codes_(codes), weighting_(std::move(weighting)), factor_(factor) {
  if (std::ranges::any_of(weights, [](double w) { return w != 1; }))
    weights_.assign(weights.begin(), weights.end());
  if (!zero_diagonal) return;
  if (const std::span<const double> own = weighting_->diagonal(); !own.empty()) {
    diagonal_.assign(own.begin(), own.end());
    return;
  }
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
void StoredField<T>::weigh(std::span<std::complex<T>> a) const {
  weighting_->weigh(a, weights_);
}

template <class T>
void StoredField<T>::apply(std::span<const std::complex<T>> h, std::span<const std::complex<T>> z,
                           std::span<std::complex<T>> u) const {
  if (const OwnField<T>* own = weighting_->own_field()) return own->apply(z, u);
  std::ranges::fill(u, std::complex<T>(0));
  for (std::int64_t p = 0; p < patterns(); ++p)
    if (h[static_cast<std::size_t>(p)] != std::complex<T>(0))
      add_scaled(h[static_cast<std::size_t>(p)], (*codes_)[p], u);
  if (diagonal_.empty() && factor_ == 1) return;
  for (std::size_t i = 0; i < u.size(); ++i)
    u[i] = of_unit(static_cast<std::int64_t>(i), u[i], z[i]);
}

template <class T>
std::complex<T> StoredField<T>::weighed(std::int64_t pattern, std::complex<T> a) const {
  const auto weight = std::span(weights_).subspan(
      weights_.empty() ? 0 : static_cast<std::size_t>(pattern), weights_.empty() ? 0 : 1);
  weighting_->weigh(std::span(&a, 1), weight);
  return a;
}

template <class T>
std::complex<T> StoredField<T>::of_unit(std::int64_t unit, std::complex<T> u,
                                        std::complex<T> z) const {
  const T factor = static_cast<T>(factor_);
  if (diagonal_.empty()) return factor * u;
  const std::complex<T> own = diagonal_[static_cast<std::size_t>(unit)] * z;
  u -= own;
  // Rounding must not leave dust where nothing but a unit itself acts on it: phases would make
  // an active unit of it.
  constexpr T dust = 32 * std::numeric_limits<T>::epsilon();
  return std::norm(u) <= dust * dust * std::norm(own) ? std::complex<T>(0) : factor * u;
}

template <class T>
T StoredField<T>::shift() const {
  return diagonal_.empty() ? T(0) : static_cast<T>(factor_) * *std::ranges::max_element(diagonal_);
}

template <class T>
double StoredField<T>::potential(std::span<const std::complex<T>> z,
                                 std::span<const std::complex<T>> a) const {
  if (const OwnField<T>* own = weighting_->own_field()) return own->potential(z);
  double phi = weighting_->potential(a, weights_);
  for (std::size_t i = 0; i < diagonal_.size(); ++i)
    phi -= 0.5 * diagonal_[i] * std::norm(std::complex<double>(z[i]));
  return factor_ * phi;
}

#define STRIATE_INSTANTIATE(T)                                           \
  template class StoredField<T>;                                         \
  template std::complex<T> overlap(UnitCode<T>, const std::complex<T>*); \
  template void add_scaled(std::complex<T>, UnitCode<T>, std::span<std::complex<T>>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::detail
