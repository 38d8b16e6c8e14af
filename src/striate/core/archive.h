// A tree of named arrays and attributes: how models, codes and memories leave and enter the
// library. Paths use '/': arrays live at "dictionary/atoms"; attributes belong to a group or an
// array ("" is the root). `io` stores archives in files; nothing here knows about files.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "striate/core/matrix.h"
#include "striate/core/settings.h"

namespace striate {

enum class DType { boolean, u8, u16, i32, i64, u64, f32, f64, c64, c128 };
std::string_view name_of(DType type);  // "bool" "uint8" ... "complex128", NumPy's words
std::size_t size_of(DType type);       // bytes per element

template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, bool>) return DType::boolean;
  else if constexpr (std::is_same_v<T, std::uint8_t>) return DType::u8;
  else if constexpr (std::is_same_v<T, std::uint16_t>) return DType::u16;
  else if constexpr (std::is_same_v<T, std::int32_t>) return DType::i32;
  else if constexpr (std::is_same_v<T, std::int64_t>) return DType::i64;
  else if constexpr (std::is_same_v<T, std::uint64_t>) return DType::u64;
  else if constexpr (std::is_same_v<T, float>) return DType::f32;
  else if constexpr (std::is_same_v<T, double>) return DType::f64;
  else if constexpr (std::is_same_v<T, std::complex<float>>) return DType::c64;
  else {
    static_assert(std::is_same_v<T, std::complex<double>>, "no such array type");
    return DType::c128;
  }
}

// An n-dimensional array in C order.
class Array {
 public:
  Array() = default;
  // Zeros. Error: a negative size, or more bytes than can be addressed.
  Array(DType type, std::vector<std::int64_t> shape);

  template <class T>
  static Array from(std::span<const T> values, std::vector<std::int64_t> shape) {
    Array array(dtype_of<T>(), std::move(shape));
    if (static_cast<std::size_t>(array.size()) != values.size())
      throw Error("Array: ", values.size(), " values do not fill ", array.size(), " places");
    if (!values.empty()) std::memcpy(array.bytes_.data(), values.data(), array.bytes_.size());
    return array;
  }
  // A column-major matrix (m, n) as the C-order array (n, m), which is the same memory.
  template <class T>
  static Array from(MatrixView<const T> matrix) {
    Array array(dtype_of<T>(), {matrix.columns, matrix.rows});
    T* out = reinterpret_cast<T*>(array.bytes_.data());
    for (std::int64_t j = 0; j < matrix.columns; ++j)
      for (std::int64_t i = 0; i < matrix.rows; ++i) *out++ = matrix(i, j);
    return array;
  }

  DType dtype() const { return type_; }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t size() const;  // elements
  std::span<std::byte> bytes() { return bytes_; }
  std::span<const std::byte> bytes() const { return bytes_; }

  // The elements themselves. Error if T is not the stored type.
  template <class T>
  std::span<const T> as() const {
    if (dtype_of<T>() != type_)
      throw Error("Array: holds ", name_of(type_), " where ", name_of(dtype_of<T>()), " is needed");
    return {reinterpret_cast<const T*>(bytes_.data()), static_cast<std::size_t>(size())};
  }
  // The elements converted to T. Error: complex to real, or a value that T cannot hold.
  template <class T>
  std::vector<T> to() const;
  // A 2-D array (n, m) as the column-major matrix (m, n), converted to T. Error: not 2-D.
  template <class T>
  Matrix<T> to_matrix() const;

  bool operator==(const Array&) const = default;

 private:
  DType type_ = DType::f32;
  std::vector<std::int64_t> shape_ = {0};
  std::vector<std::byte> bytes_;
};

struct Archive {
  std::map<std::string, Array> arrays;
  std::map<std::string, Values> attributes;  // path of a group or an array → its attributes

  bool has(const std::string& path) const { return arrays.contains(path); }
  // Error that names the path, and the paths there are.
  const Array& at(const std::string& path) const;
  // The attribute, or monostate.
  Value attribute(const std::string& path, const std::string& name) const;
  // The attribute as T (std::string, double, std::int64_t, bool). Error if missing or of another
  // type.
  template <class T>
  T get(const std::string& path, const std::string& name) const;
  // Everything below `prefix`, with the prefix removed; and back.
  Archive extract(const std::string& prefix) const;
  void insert(const std::string& prefix, const Archive& part);

  bool operator==(const Archive&) const = default;
};

}  // namespace striate
