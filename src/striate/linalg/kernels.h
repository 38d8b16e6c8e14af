// The loops that everything waits for, written so that the compiler vectorises them: sums run in a
// fixed number of interleaved accumulators, which fixes their order without fast-math.
#pragma once

#include <cstdint>
#include <cstring>

namespace striate {

// GNU vectors, for sums that must stay in registers whatever the instruction set.
#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif
template <class T>
struct VectorOf {
  typedef T type __attribute__((vector_size(vector_bytes)));
};
template <class T>
using Vector = typename VectorOf<T>::type;
template <class T>
constexpr int lanes = vector_bytes / int{sizeof(T)};

template <class T>
Vector<T> load(const T* from) {
  Vector<T> v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

// y += a x, in the precision of y
template <class T, class X>
inline void axpy(std::int64_t n, T a, const X* __restrict x, T* __restrict y) {
  for (std::int64_t i = 0; i < n; ++i) y[i] += a * static_cast<T>(x[i]);
}

// sum_i x_i y_i, accumulated in Sum
template <class Sum, class T>
inline Sum dot(std::int64_t n, const T* x, const T* y) {
  constexpr int lanes = 16;
  Sum partial[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int l = 0; l < lanes; ++l)
      partial[l] += static_cast<Sum>(x[i + l]) * static_cast<Sum>(y[i + l]);
  for (int l = 0; i < n; ++i, ++l) partial[l] += static_cast<Sum>(x[i]) * static_cast<Sum>(y[i]);
  for (int width = lanes / 2; width > 0; width /= 2)
    for (int l = 0; l < width; ++l) partial[l] += partial[l + width];
  return partial[0];
}

// max(0, max_i x_i)
template <class T>
inline T largest(std::int64_t n, const T* x) {
  constexpr int vectors = 4;
  Vector<T> partial[vectors] = {};
  std::int64_t i = 0;
  for (; i + vectors * lanes<T> <= n; i += vectors * lanes<T>)
    for (int v = 0; v < vectors; ++v) {
      const Vector<T> next = load(x + i + v * lanes<T>);
      partial[v] = next > partial[v] ? next : partial[v];
    }
  for (int v = 1; v < vectors; ++v) partial[0] = partial[v] > partial[0] ? partial[v] : partial[0];
  T result = 0;
  for (int l = 0; l < lanes<T>; ++l) result = partial[0][l] > result ? partial[0][l] : result;
  for (; i < n; ++i) result = x[i] > result ? x[i] : result;
  return result;
}

// out = x - sum_l weights[l] rows[l], for rows of `size` elements one behind the other
template <int size, class T>
inline void subtract_rows(int count, const T* weights, const T* rows, const T* x, T* out) {
  constexpr int vectors = size / lanes<T>;
  Vector<T> sums[vectors];
  for (int v = 0; v < vectors; ++v) sums[v] = load(x + v * lanes<T>);
  for (int l = 0; l < count; ++l, rows += size)
    for (int v = 0; v < vectors; ++v) sums[v] -= weights[l] * load(rows + v * lanes<T>);
  for (int v = 0; v < vectors; ++v) std::memcpy(out + v * lanes<T>, &sums[v], sizeof sums[v]);
}

// y -= sum_l weights[l] columns[l], four columns on every way through y
template <class T>
inline void subtract_columns(std::int64_t n, int count, const T* weights, const T* const* columns,
                             T* __restrict y) {
  int l = 0;
  for (; l + 4 <= count; l += 4) {
    const T* __restrict a = columns[l], * __restrict b = columns[l + 1];
    const T* __restrict c = columns[l + 2], * __restrict d = columns[l + 3];
    const T w0 = weights[l], w1 = weights[l + 1], w2 = weights[l + 2], w3 = weights[l + 3];
    for (std::int64_t i = 0; i < n; ++i) {
      T value = y[i];
      value -= w0 * a[i];
      value -= w1 * b[i];
      value -= w2 * c[i];
      value -= w3 * d[i];
      y[i] = value;
    }
  }
  for (; l < count; ++l) axpy(n, -weights[l], columns[l], y);
}

// Asks the second-level cache for x ahead of its use.
template <class T>
inline void prefetch(std::int64_t n, const T* x) {
  constexpr int line = 64;
  const char* from = reinterpret_cast<const char*>(x);
  const auto lines = (n * std::int64_t{sizeof(T)} + line - 1) / line;
  for (std::int64_t i = 0; i < lines; ++i) __builtin_prefetch(from + i * line, 0, 2);
}

}  // namespace striate
