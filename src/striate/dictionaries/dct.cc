#include "striate/dictionaries/dct.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include "striate/dictionaries/constructors.h"

namespace striate {

template <class T>
Matrix<T> dct(const DctSettings& settings) {
  validate("dct", settings);
  const std::int64_t p = settings.patch, count = settings.frequencies.value_or(settings.patch);
  if (count < p)
    throw Error("dct: frequencies is ", count, "; it must be at least the ", p,
                " pixels of a patch's side");
  Matrix<double> factor(p, count);
  for (std::int64_t k = 0; k < count; ++k) {
    for (std::int64_t n = 0; n < p; ++n)
      factor(n, k) = std::cos(std::numbers::pi * static_cast<double>(k) *
                              (static_cast<double>(n) + 0.5) / static_cast<double>(count));
    const auto a = factor.column(k);
    const double mean = std::accumulate(a.begin(), a.end(), 0.0) / static_cast<double>(p);
    if (k > 0)
      for (double& x : a) x -= mean;
  }
  normalize_atoms(factor.view());

  Matrix<T> atoms(p * p, count * count);
  for (std::int64_t k = 0; k < count; ++k)
    for (std::int64_t l = 0; l < count; ++l)
      for (std::int64_t row = 0; row < p; ++row)
        for (std::int64_t column = 0; column < p; ++column)
          atoms(row * p + column, k * count + l) =
              static_cast<T>(factor(row, k) * factor(column, l));
  return atoms;
}

template Matrix<float> dct(const DctSettings&);
template Matrix<double> dct(const DctSettings&);

}  // namespace striate
