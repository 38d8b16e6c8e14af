#include "striate/linalg/gemm.h"

#include <algorithm>
#include <cstring>

#include "striate/core/parallel.h"

// Panels of rows of L, each with the inner index outermost, meet tiles of a few
// columns of B in registers: per inner index a tile adds (rows of the panel) x
// (one element per column). GNU vectors keep the tile in registers whatever the
// instruction set; every element is still one running sum.
namespace striate {
namespace {

constexpr int tile_columns = vector_bytes == 64 ? 8 : 4;
constexpr std::int64_t inner_block = 512;  // a panel of so many inner indices stays in the cache

template <class T>
constexpr int panel_rows = LeftFactor<T>::rows_together;
template <class T>
constexpr int panel_vectors = panel_rows<T> / lanes<T>;

// out = panel * b for `columns` columns of b, or out += panel * b.
template <class T, int columns>
void multiply_tile(bool add, std::int64_t inner, const T* panel, const T* const* b, T* out,
                   std::int64_t out_stride) {
  constexpr int panel_vectors = striate::panel_vectors<T>;
  const T* from[columns];
  for (int j = 0; j < columns; ++j) from[j] = b[j];
  Vector<T> sums[columns][panel_vectors] = {};
  if (add)
    for (int j = 0; j < columns; ++j)
      for (int v = 0; v < panel_vectors; ++v)
        sums[j][v] = load(out + j * out_stride + v * lanes<T>);
  for (std::int64_t k = 0; k < inner; ++k) {
    Vector<T> left[panel_vectors];
    for (int v = 0; v < panel_vectors; ++v)
      left[v] = load(panel + k * panel_rows<T> + v * lanes<T>);
    for (int j = 0; j < columns; ++j)
      for (int v = 0; v < panel_vectors; ++v) sums[j][v] += left[v] * from[j][k];
  }
  for (int j = 0; j < columns; ++j)
    for (int v = 0; v < panel_vectors; ++v)
      std::memcpy(out + j * out_stride + v * lanes<T>, &sums[j][v], sizeof sums[j][v]);
}

template <class T, int columns = tile_columns>
void multiply_tiles(int count, bool add, std::int64_t inner, const T* panel, const T* const* b,
                    T* out, std::int64_t out_stride) {
  if (count == columns) multiply_tile<T, columns>(add, inner, panel, b, out, out_stride);
  else if constexpr (columns > 1)
    multiply_tiles<T, columns - 1>(count, add, inner, panel, b, out, out_stride);
}

}  // namespace

template <class T>
LeftFactor<T>::LeftFactor(MatrixView<const T> a, bool transposed)
    : rows_(transposed ? a.columns : a.rows), inner_(transposed ? a.rows : a.columns) {
  constexpr std::int64_t high = panel_rows<T>;
  panels_.resize(static_cast<std::size_t>((rows_ + high - 1) / high * high * inner_));
  for (std::int64_t first = 0; first < rows_; first += high) {
    T* panel = panels_.data() + first * inner_;
    const std::int64_t count = std::min(high, rows_ - first);
    if (transposed) {
      for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t k = 0; k < inner_; ++k) panel[k * high + i] = a(k, first + i);
    } else {
      for (std::int64_t k = 0; k < inner_; ++k) std::copy_n(&a(first, k), count, panel + k * high);
    }
  }
}

template <class T>
void LeftFactor<T>::set_column(std::int64_t k, std::span<const T> values) {
  constexpr std::int64_t high = panel_rows<T>;
  for (std::int64_t first = 0; first < rows_; first += high)
    std::copy_n(values.data() + first, std::min(high, rows_ - first),
                panels_.data() + first * inner_ + k * high);
}

template <class T>
void LeftFactor<T>::multiply(MatrixView<const T> b, MatrixView<T> out) const {
  if (b.rows != inner_ || out.rows != rows_ || out.columns != b.columns)
    throw Error("multiply: inner sizes ", inner_, " and ", b.rows, ", result ", out.rows, " x ",
                out.columns, "; the inner sizes must agree and the result must be ", rows_, " x ",
                b.columns);
  multiply_columns([&](std::int64_t j) { return b.data + j * b.stride; }, out);
}

template <class T>
void LeftFactor<T>::multiply(std::span<const T* const> b, MatrixView<T> out) const {
  if (out.rows != rows_ || out.columns != std::ssize(b))
    throw Error("multiply: result ", out.rows, " x ", out.columns, "; it must be ", rows_, " x ",
                b.size());
  multiply_columns([&](std::int64_t j) { return b[static_cast<std::size_t>(j)]; }, out);
}

// out = L B, with column(j) the address of column j of B.
template <class T>
void LeftFactor<T>::multiply_columns(auto column, MatrixView<T> out) const {
  constexpr std::int64_t high = panel_rows<T>;
  if (inner_ == 0)
    for (std::int64_t j = 0; j < out.columns; ++j) std::ranges::fill(out.column(j), T(0));
  for (std::int64_t from = 0; from < inner_; from += inner_block) {
    const bool add = from > 0;
    const std::int64_t inner = std::min(inner_block, inner_ - from);
    for (std::int64_t first = 0; first < rows_; first += high) {
      const T* panel = panels_.data() + first * inner_ + from * high;
      const std::int64_t count = std::min(high, rows_ - first);
      for (std::int64_t j = 0; j < out.columns; j += tile_columns) {
        const int columns = static_cast<int>(std::min<std::int64_t>(tile_columns, out.columns - j));
        const T* b[tile_columns];
        for (int c = 0; c < columns; ++c) b[c] = column(j + c) + from;
        if (count == high) {
          multiply_tiles<T>(columns, add, inner, panel, b, &out(first, j), out.stride);
        } else {  // the last panel is wider than what is left of the result
          T whole[tile_columns * high];
          for (int c = 0; c < columns; ++c)
            std::copy_n(&out(first, j + c), count, std::fill_n(whole + c * high, 0, T(0)));
          multiply_tiles<T>(columns, add, inner, panel, b, whole, high);
          for (int c = 0; c < columns; ++c)
            std::copy_n(whole + c * high, count, &out(first, j + c));
        }
      }
    }
  }
}

template <class T>
void multiply_transposed(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> out) {
  LeftFactor<T>(a, true).multiply(b, out);
}

template <class T>
void multiply(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> out) {
  LeftFactor<T>(a, false).multiply(b, out);
}

template <class T>
Matrix<T> gram(MatrixView<const T> d, int threads) {
  // Blocks of rows up to the diagonal, the longest first, each with its mirror image.
  constexpr std::int64_t high = 2 * panel_rows<T>, tile = 16;
  Matrix<T> result(d.columns, d.columns);
  const std::int64_t blocks = (d.columns + high - 1) / high;
  const Run run{.threads = threads};
  RunState state(run);
  parallel_for(
      blocks,
      [&](std::int64_t chunk, int) {
        const std::int64_t first = (blocks - 1 - chunk) * high;
        const std::int64_t end = std::min(first + high, d.columns);
        multiply_transposed(d.middle_columns(first, end - first), d.middle_columns(0, end),
                            MatrixView<T>(&result(first, 0), end - first, end, d.columns));
        for (std::int64_t from = 0; from < end; from += tile)
          for (std::int64_t i = first; i < end; ++i)
            for (std::int64_t j = from; j < std::min({from + tile, i, end}); ++j)
              result(j, i) = result(i, j);
      },
      state);
  return result;
}

#define STRIATE_INSTANTIATE(T)                                                                \
  template class LeftFactor<T>;                                                               \
  template void multiply_transposed(MatrixView<const T>, MatrixView<const T>, MatrixView<T>); \
  template void multiply(MatrixView<const T>, MatrixView<const T>, MatrixView<T>);            \
  template Matrix<T> gram(MatrixView<const T>, int);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
