#include "striate/memory/detail/pattern_form.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace striate::detail {

template <class T>
std::int64_t counted_units(PatternForm form, UnitCode<T> code) {
  if (form == PatternForm::bipolar)
    return std::ranges::count_if(code.values,
                                 [](const std::complex<T>& z) { return z.real() != 0; });
  double largest = 0;  // squared moduli
  for (const std::complex<T>& z : code.values)
    largest = std::max(largest, std::norm(std::complex<double>(z)));
  return std::ranges::count_if(code.values, [&](const std::complex<T>& z) {
    return std::norm(std::complex<double>(z)) >= 1e-4 * largest;
  });
}

template <class T>
void to_form(PatternForm form, std::int64_t k, std::span<std::complex<T>> values,
             Ranking& ranking) {
  if (form == PatternForm::graded) return;
  if (form == PatternForm::bipolar) {
    for (std::complex<T>& z : values) z = static_cast<T>((z.real() > 0) - (z.real() < 0));
    return;
  }
  keep_winners(k, values, ranking);
  if (form == PatternForm::phasor) {
    normalize(Normalization::phase, values);
  } else {
    for (std::complex<T>& z : values)
      if (z != std::complex<T>(0)) z = 1;
  }
}

double overlap_scale(PatternForm form, Normalization normalization, std::int64_t k,
                     std::int64_t units) {
  const auto active = static_cast<double>(std::max<std::int64_t>(1, std::min(k, units)));
  const double code = form == PatternForm::graded ? 1 : std::sqrt(active);
  const double state = normalization == Normalization::phase ? std::sqrt(active) : 1;
  return 1 / (code * state);
}

#define STRIATE_INSTANTIATE(T)                                                            \
  template void to_form(PatternForm, std::int64_t, std::span<std::complex<T>>, Ranking&); \
  template std::int64_t counted_units(PatternForm, UnitCode<T>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::detail
