// A prepared dictionary: the atoms (columns of D, any norm) and what is computed from them once,
// the norms at once and the Gram matrix D'D when first asked for. Immutable, cheap to copy (copies
// share), safe to use from many threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "striate/core/matrix.h"

namespace striate {

// How much of the Gram matrix solvers should ask for. always: all of it, whatever signals come;
// many: all of it, for there are many signals; few: only the parts that they need, for there are
// few. Answers have the same bits for many and for few.
enum class GramUse { always, many, few };

template <class T>
class Dictionary {
 public:
  // Copies the atoms (m x K). Error: no rows, or a value that is not finite.
  explicit Dictionary(MatrixView<const T> atoms);
  // Takes the atoms over.
  explicit Dictionary(Matrix<T>&& atoms, GramUse gram_use = GramUse::always);

  std::int64_t rows() const;   // m
  std::int64_t atoms() const;  // K
  MatrixView<const T> matrix() const;
  std::span<const T> atom(std::int64_t k) const { return matrix().column(k); }
  std::span<const T> squared_norms() const;  // |d_k|^2
  // The K x K Gram matrix, computed on first use (K^2 elements of memory), by so many threads (0: as
  // many as a Run without a number).
  MatrixView<const T> gram(int threads = 1) const;
  bool has_gram() const;  // it has been asked for
  // `few` where the matrix would be larger than 512 MiB.
  GramUse gram_use() const;
  // out = D'R for signals or residuals R (m x n); out is K x n. A column has the same bits whatever
  // comes with it. The first use lays the atoms out once more (m K elements of memory).
  void correlate(Signals<T> r, MatrixView<T> out) const;

 private:
  struct Prepared;
  std::shared_ptr<Prepared> prepared_;
};

// D z for one sparse code, in the order of the code's entries; `out` has m elements.
template <class T>
void synthesize(const Dictionary<T>& dictionary, std::span<const std::int32_t> indices,
                std::span<const T> values, std::span<T> out);

}  // namespace striate
