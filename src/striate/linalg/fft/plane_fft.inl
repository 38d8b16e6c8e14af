// linalg/plane_fft.h by ducc0's one-dimensional transforms of vectors: along the rows with columns
// as lanes, then, transposed block by block, along the columns with frequencies as lanes.
#pragma once

#define DUCC0_NO_LOWLEVEL_THREADING
#define DUCC0_NO_FFT_CACHE

#include <algorithm>
#include <cstring>
#include <utility>

#include "ducc0/fft/fft1d_impl.h"
#include "striate/core/errors.h"
#include "striate/core/matrix.h"
#include "striate/linalg/plane_fft.h"

namespace striate {
namespace plane_fft {

template <class T>
using Lanes = ducc0::detail_fft::fft1d_simd<T>;

// m[i][j] <-> m[j][i] of a square of vectors, by exchanging ever larger blocks.
template <int n, int step, class V, std::size_t... l>
void exchange(V& a, V& b, std::index_sequence<l...>) {
  const V low = __builtin_shufflevector(a, b, ((l & step) ? n + int(l) - step : int(l))...);
  b = __builtin_shufflevector(a, b, ((l & step) ? n + int(l) : int(l) + step)...);
  a = low;
}
template <int n, int step = 1, class V>
void transpose(V* m) {
  if constexpr (step < n) {
    for (int i = 0; i < n; ++i)
      if (!(i & step)) exchange<n, step>(m[i], m[i + step], std::make_index_sequence<std::size_t(n)>());
    transpose<n, 2 * step>(m);
  }
}

}  // namespace plane_fft

template <class T>
struct PlaneFft<T>::Plan {
  using Vector = plane_fft::Lanes<T>;
  typedef T Native __attribute__((vector_size(lanes * sizeof(T))));
  static_assert(sizeof(Vector) == sizeof(Native), "ducc0 has other vectors");

  Plan(std::int64_t rows, std::int64_t columns)
      : along_rows(static_cast<std::size_t>(rows)), along_columns(static_cast<std::size_t>(columns)) {}

  ducc0::pocketfft_r<T> along_rows;
  ducc0::pocketfft_c<T> along_columns;
};

template <class T>
PlaneFft<T>::PlaneFft(std::int64_t rows, std::int64_t columns) : rows_(rows), columns_(columns) {
  if (rows < 1 || columns < 1)
    throw Error("PlaneFft: ", rows, " x ", columns, "; at least one row and column are needed");
  plan_ = std::make_shared<const Plan>(rows, columns);
}

template <class T>
std::int64_t PlaneFft<T>::stride() const {
  constexpr std::int64_t whole = striate::lanes<T>;  // which is as many as lanes, or twice
  return (columns_ + whole - 1) / whole * whole;
}

// Place of frequency u in a real transform of n numbers: r0 r1 i1 r2 i2 ...; -1: it is zero.
inline std::int64_t real_place(std::int64_t u, std::int64_t n) {
  return 2 * u > n ? -1 : u == 0 ? 0 : 2 * u - 1;
}
inline std::int64_t imaginary_place(std::int64_t u, std::int64_t n) {
  return u == 0 || 2 * u >= n ? -1 : 2 * u;
}

template <class T>
void PlaneFft<T>::forward(const T* plane, T* spectrum) const {
  using Vector = typename Plan::Vector;
  using Native = typename Plan::Native;
  const auto n = static_cast<std::size_t>(rows_);
  ducc0::aligned_array<Vector> lines(n), buffer(plan_->along_rows.bufsize());
  for (std::int64_t first = 0; first < columns_; first += lanes) {
    for (std::int64_t r = 0; r < rows_; ++r)
      std::memcpy(static_cast<void*>(&lines[static_cast<std::size_t>(r)]),
                  plane + r * stride() + first, sizeof(Vector));
    const Vector* line = plan_->along_rows.exec(lines.data(), buffer.data(), T(1), true);
    const std::int64_t count = std::min<std::int64_t>(lanes, columns_ - first);
    for (std::int64_t b = 0; b < blocks(); ++b)
      for (int part = 0; part < 2; ++part) {
        Native square[lanes] = {};
        for (int l = 0; l < lanes; ++l) {
          const std::int64_t u = b * lanes + l;
          const std::int64_t from = part == 0 ? real_place(u, rows_) : imaginary_place(u, rows_);
          if (from >= 0) std::memcpy(&square[l], static_cast<const void*>(line + from), sizeof(Native));
        }
        plane_fft::transpose<lanes>(square);
        for (std::int64_t c = 0; c < count; ++c)
          std::memcpy(spectrum + b * block_size() + ((first + c) * 2 + part) * lanes, &square[c],
                      sizeof(Native));
      }
  }
  ducc0::aligned_array<ducc0::Cmplx<Vector>> complex_buffer(plan_->along_columns.bufsize());
  for (std::int64_t b = 0; b < blocks(); ++b)
    plan_->along_columns.exec_copyback(
        reinterpret_cast<ducc0::Cmplx<Vector>*>(spectrum + b * block_size()), complex_buffer.data(),
        T(1), true);
}

template <class T>
void PlaneFft<T>::inverse(T* spectrum, T* plane) const {
  using Vector = typename Plan::Vector;
  using Native = typename Plan::Native;
  ducc0::aligned_array<ducc0::Cmplx<Vector>> complex_buffer(plan_->along_columns.bufsize());
  for (std::int64_t b = 0; b < blocks(); ++b)
    plan_->along_columns.exec_copyback(
        reinterpret_cast<ducc0::Cmplx<Vector>*>(spectrum + b * block_size()), complex_buffer.data(),
        T(1), false);

  const auto n = static_cast<std::size_t>(rows_);
  const T scale = T(1) / static_cast<T>(rows_ * columns_);
  ducc0::aligned_array<Vector> lines(n), buffer(plan_->along_rows.bufsize());
  for (std::int64_t first = 0; first < stride(); first += lanes) {
    const std::int64_t count = std::clamp<std::int64_t>(columns_ - first, 0, lanes);
    if (count == 0) {
      for (std::int64_t r = 0; r < rows_; ++r) std::fill_n(plane + r * stride() + first, lanes, T(0));
      continue;
    }
    for (std::int64_t b = 0; b < blocks(); ++b)
      for (int part = 0; part < 2; ++part) {
        Native square[lanes] = {};
        for (std::int64_t c = 0; c < count; ++c)
          std::memcpy(&square[c], spectrum + b * block_size() + ((first + c) * 2 + part) * lanes,
                      sizeof(Native));
        plane_fft::transpose<lanes>(square);
        for (int l = 0; l < lanes; ++l) {
          const std::int64_t u = b * lanes + l;
          const std::int64_t to = part == 0 ? real_place(u, rows_) : imaginary_place(u, rows_);
          if (to >= 0) std::memcpy(static_cast<void*>(&lines[static_cast<std::size_t>(to)]), &square[l], sizeof(Native));
        }
      }
    const Vector* line = plan_->along_rows.exec(lines.data(), buffer.data(), scale, false);
    for (std::int64_t r = 0; r < rows_; ++r)
      std::memcpy(plane + r * stride() + first, static_cast<const void*>(line + r), sizeof(Vector));
  }
}

}  // namespace striate
