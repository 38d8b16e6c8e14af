#include "striate/memory/detail/dense_field.h"

#include <algorithm>
#include <cstring>

#include "striate/linalg/kernels.h"

namespace striate::detail {
namespace {

constexpr int kVectors = 8;  // of a column that are summed in registers
template <class T>
constexpr std::size_t kRows = static_cast<std::size_t>(kVectors* lanes<T>);

// Lines of a column, in whole blocks of rows, and an odd number: columns a power of two apart would
// share few places of the cache.
template <class T>
std::size_t lines_for(std::int64_t units) {
  const std::size_t rows = 2 * static_cast<std::size_t>(units);
  const std::size_t lines = (rows + kRows<T> - 1) / kRows<T> * kRows<T> * sizeof(T) / 64;
  return lines | 1;
}

}  // namespace

template <class T>
DenseField<T>::DenseField(std::int64_t units, bool zero_diagonal)
    : units_(units),
      zero_diagonal_(zero_diagonal),
      stride_(lines_for<T>(units)),
      j_(stride_ * static_cast<std::size_t>(units)) {}

template <class T>
void DenseField<T>::clear_column(std::int32_t unit) {
  std::fill_n(j_.begin() + static_cast<std::ptrdiff_t>(stride_ * static_cast<std::size_t>(unit)),
              stride_, Line{});
}

template <class T>
void DenseField<T>::add_to_column(std::int32_t unit, std::complex<T> factor, UnitCode<T> code) {
  T* reals = j_[stride_ * static_cast<std::size_t>(unit)].reals;
  for (std::size_t i = 0; i < code.active(); ++i) {
    if (zero_diagonal_ && code.units[i] == unit) continue;
    const std::complex<T> z = code.values[i];
    T* place = reals + 2 * static_cast<std::size_t>(code.units[i]);
    place[0] += factor.real() * z.real() - factor.imag() * z.imag();
    place[1] += factor.real() * z.imag() + factor.imag() * z.real();
  }
}

// Re z and Im z times a column are summed apart, products of real numbers; at the end
// u = first + i second.
template <class T>
void DenseField<T>::apply(UnitCode<T> z, std::span<std::complex<T>> u) const {
  const std::size_t rows = 2 * u.size();
  T* out = reinterpret_cast<T*>(u.data());
  for (std::size_t first = 0; first < rows; first += kRows<T>) {
    Vector<T> a[kVectors] = {}, b[kVectors] = {};
    for (std::size_t k = 0; k < z.active(); ++k) {
      const T* x = column(z.units[k]) + first;
      const T re = z.values[k].real(), im = z.values[k].imag();
      prefetch(std::int64_t{kRows<T>}, x + kRows<T>);
      for (int v = 0; v < kVectors; ++v) {
        const Vector<T> part = load(x + v * lanes<T>);
        a[v] += re * part;
        b[v] += im * part;
      }
    }
    T sums[2][kRows<T>];
    for (int v = 0; v < kVectors; ++v) {
      std::memcpy(sums[0] + v * lanes<T>, &a[v], sizeof a[v]);
      std::memcpy(sums[1] + v * lanes<T>, &b[v], sizeof b[v]);
    }
    for (std::size_t i = 0; i < std::min(kRows<T>, rows - first); i += 2) {
      out[first + i] = sums[0][i] - sums[1][i + 1];
      out[first + i + 1] = sums[0][i + 1] + sums[1][i];
    }
  }
}

template class DenseField<float>;
template class DenseField<double>;

}  // namespace striate::detail
