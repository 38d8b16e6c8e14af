// Dense matrices: a view that borrows memory and a container that owns it. Column-major: signals,
// atoms and dense codes are columns, so a C-order NumPy array of shape (n, m) is the same memory.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "striate/core/errors.h"
#include "striate/core/peak_bytes.h"

namespace striate {

// A column-major matrix that somebody else owns. T may be const. stride >= rows is the distance
// between the starts of neighbouring columns, in elements.
template <class T>
struct MatrixView {
  T* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t stride = 0;

  MatrixView() = default;
  MatrixView(T* data_, std::int64_t rows_, std::int64_t columns_)
      : MatrixView(data_, rows_, columns_, rows_) {}
  MatrixView(T* data_, std::int64_t rows_, std::int64_t columns_, std::int64_t stride_)
      : data(data_), rows(rows_), columns(columns_), stride(stride_) {
    if (rows < 0 || columns < 0 || stride < rows)
      throw Error("MatrixView: rows ", rows, ", columns ", columns, ", stride ", stride,
                  "; none may be negative and the stride must be at least the rows");
  }
  operator MatrixView<const T>() const requires(!std::is_const_v<T>) {
    return {data, rows, columns, stride};
  }

  T& operator()(std::int64_t row, std::int64_t column) const { return data[row + column * stride]; }
  std::span<T> column(std::int64_t j) const {
    return {data + j * stride, static_cast<std::size_t>(rows)};
  }
  MatrixView middle_columns(std::int64_t first, std::int64_t count) const {
    return {data + first * stride, rows, count, stride};
  }
  bool empty() const { return rows == 0 || columns == 0; }
};

namespace detail {
// Vectors that begin on a cache line, so that wide loads never straddle one.
template <class T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{64};
  CacheLineAllocator() = default;
  template <class U>
  CacheLineAllocator(const CacheLineAllocator<U>&) {}
  T* allocate(std::size_t n) {
    T* p = static_cast<T*>(::operator new(n * sizeof(T), alignment));
    count_bytes(static_cast<std::int64_t>(n * sizeof(T)));
    return p;
  }
  void deallocate(T* p, std::size_t n) {
    count_bytes(-static_cast<std::int64_t>(n * sizeof(T)));
    ::operator delete(p, alignment);
  }
  bool operator==(const CacheLineAllocator&) const { return true; }
};
}  // namespace detail

template <class T>
using AlignedVector = std::vector<T, detail::CacheLineAllocator<T>>;

// A column-major matrix that owns its memory; new elements are zero.
template <class T>
class Matrix {
 public:
  Matrix() = default;
  Matrix(std::int64_t rows, std::int64_t columns)
      : rows_(rows), columns_(columns), data_(checked_size(rows, columns)) {}
  explicit Matrix(MatrixView<const T> from) : Matrix(from.rows, from.columns) {
    for (std::int64_t j = 0; j < columns_; ++j)
      for (std::int64_t i = 0; i < rows_; ++i) (*this)(i, j) = from(i, j);
  }

  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  T* data() { return data_.data(); }
  const T* data() const { return data_.data(); }
  std::size_t size() const { return data_.size(); }
  T& operator()(std::int64_t row, std::int64_t column) { return data_[row + column * rows_]; }
  const T& operator()(std::int64_t row, std::int64_t column) const {
    return data_[row + column * rows_];
  }
  std::span<T> column(std::int64_t j) { return view().column(j); }
  std::span<const T> column(std::int64_t j) const { return view().column(j); }
  MatrixView<T> view() { return {data_.data(), rows_, columns_}; }
  MatrixView<const T> view() const { return {data_.data(), rows_, columns_}; }
  operator MatrixView<T>() { return view(); }
  operator MatrixView<const T>() const { return view(); }

  // New shape; memory is kept where it suffices, old elements lose their meaning.
  void resize(std::int64_t rows, std::int64_t columns) {
    data_.resize(checked_size(rows, columns));
    rows_ = rows;
    columns_ = columns;
  }
  void fill(T value) { data_.assign(data_.size(), value); }
  bool operator==(const Matrix&) const = default;

 private:
  static std::size_t checked_size(std::int64_t rows, std::int64_t columns) {
    if (rows < 0 || columns < 0)
      throw Error("Matrix: ", rows, " rows and ", columns, " columns; neither may be negative");
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  }
  std::int64_t rows_ = 0, columns_ = 0;
  AlignedVector<T> data_;
};

// Keeps a view out of template argument deduction: f(const Dictionary<T>&, Signals<T>).
template <class T>
using Signals = std::type_identity_t<MatrixView<const T>>;

}  // namespace striate
