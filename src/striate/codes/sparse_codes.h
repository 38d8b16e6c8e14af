// Sparse codes: one column per signal, 64-bit starts, 32-bit indices, rising within a column.
// As rows of signals this is SciPy's CSR matrix (n, K) without a copy.
//
// Group codes store whole groups. With groups of two, (2p, 2p + 1) is the complex number p:
// complex_view reads the same memory as std::complex.
#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "striate/core/archive.h"
#include "striate/core/matrix.h"

namespace striate {

// One signal's code, borrowed.
template <class T>
struct CodeView {
  std::span<const std::int32_t> indices;
  std::span<const T> values;
  std::size_t nonzeros() const { return values.size(); }
};

template <class T>
class SparseCodes {
 public:
  SparseCodes() = default;
  // No signals yet. Error: negative, or more than 32-bit indices can name.
  explicit SparseCodes(std::int64_t atoms);
  // Takes parts over. Error: starts not rising from 0 to the number of entries, an index out of
  // range or not rising within a column, a value that is not finite.
  SparseCodes(std::int64_t atoms, std::vector<std::int64_t> starts,
              std::vector<std::int32_t> indices, std::vector<T> values);

  std::int64_t atoms() const { return atoms_; }
  std::int64_t signals() const { return static_cast<std::int64_t>(starts_.size()) - 1; }
  std::int64_t nonzeros() const { return static_cast<std::int64_t>(values_.size()); }
  std::span<const std::int64_t> starts() const { return starts_; }
  std::span<const std::int32_t> indices() const { return indices_; }
  std::span<const T> values() const { return values_; }
  std::span<T> values() { return values_; }

  CodeView<T> operator[](std::int64_t signal) const {
    const auto first = static_cast<std::size_t>(starts_[static_cast<std::size_t>(signal)]);
    const auto last = static_cast<std::size_t>(starts_[static_cast<std::size_t>(signal) + 1]);
    return {std::span(indices_).subspan(first, last - first),
            std::span(values_).subspan(first, last - first)};
  }

  // Appends a signal's code; indices must rise. Entries are kept as given, zeros too.
  void append(std::span<const std::int32_t> indices, std::span<const T> values);
  // Appends all signals of another; the numbers of atoms must agree.
  void append(const SparseCodes& other);
  SparseCodes slice(std::int64_t first, std::int64_t count) const;

  Matrix<T> to_dense() const;                                // K x n
  static SparseCodes from_dense(MatrixView<const T> dense);  // exact zeros are dropped

  // "codes/data", "codes/indices", "codes/indptr" as SciPy's CSR, with attributes "shape" and
  // "encoding-type" on "codes" (docs/reference/files.md). from_archive checks all of it.
  Archive to_archive() const;
  static SparseCodes from_archive(const Archive& archive);

  bool operator==(const SparseCodes&) const = default;

 private:
  std::int64_t atoms_ = 0;
  std::vector<std::int64_t> starts_ = {0};
  std::vector<std::int32_t> indices_;
  std::vector<T> values_;
};

// One signal's pairs as complex numbers: unit p has value z[2p] + i z[2p+1].
template <class T>
struct ComplexCode {
  std::vector<std::int32_t> units;          // rising
  std::span<const std::complex<T>> values;  // the codes' own memory
};
// Error: an odd number of atoms, or a pair that is not stored whole.
template <class T>
ComplexCode<T> complex_view(const SparseCodes<T>& codes, std::int64_t signal);

}  // namespace striate
