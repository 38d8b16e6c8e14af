#include "striate/dictionaries/dictionary.h"

#include <atomic>
#include <cmath>
#include <mutex>

#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"

namespace striate {

template <class T>
struct Dictionary<T>::Prepared {
  Prepared(Matrix<T>&& taken, GramUse use) : atoms(std::move(taken)), gram_use(use) {}
  Matrix<T> atoms;
  GramUse gram_use;
  std::vector<T> squared_norms;
  std::once_flag gram_once, transposed_once;
  std::atomic<bool> has_gram = false;
  Matrix<T> gram;
  LeftFactor<T> transposed;
};

template <class T>
Dictionary<T>::Dictionary(MatrixView<const T> atoms) : Dictionary(Matrix<T>(atoms)) {}

template <class T>
Dictionary<T>::Dictionary(Matrix<T>&& taken, GramUse gram_use)
    : prepared_(std::make_shared<Prepared>(std::move(taken), gram_use)) {
  const MatrixView<const T> atoms = matrix();
  if (atoms.rows < 1)
    throw Error("Dictionary: atoms have ", atoms.rows, " rows; at least 1 is needed");
  for (std::int64_t k = 0; k < atoms.columns; ++k)
    for (T x : atoms.column(k))
      if (!std::isfinite(x))
        throw Error("Dictionary: atom ", k, " holds ", x, "; every value must be finite");
  prepared_->squared_norms.reserve(static_cast<std::size_t>(atoms.columns));
  for (std::int64_t k = 0; k < atoms.columns; ++k)
    prepared_->squared_norms.push_back(
        static_cast<T>(dot<double>(atoms.rows, atom(k).data(), atom(k).data())));
}

template <class T>
std::int64_t Dictionary<T>::rows() const {
  return prepared_->atoms.rows();
}
template <class T>
std::int64_t Dictionary<T>::atoms() const {
  return prepared_->atoms.columns();
}
template <class T>
MatrixView<const T> Dictionary<T>::matrix() const {
  return std::as_const(prepared_->atoms).view();
}
template <class T>
std::span<const T> Dictionary<T>::squared_norms() const {
  return prepared_->squared_norms;
}
template <class T>
MatrixView<const T> Dictionary<T>::gram(int threads) const {
  std::call_once(prepared_->gram_once, [=, this] {
    prepared_->gram = striate::gram(matrix(), threads);
    prepared_->has_gram.store(true, std::memory_order_release);
  });
  return std::as_const(prepared_->gram).view();
}

template <class T>
bool Dictionary<T>::has_gram() const {
  return prepared_->has_gram.load(std::memory_order_acquire);
}

template <class T>
GramUse Dictionary<T>::gram_use() const {
  constexpr std::int64_t most_bytes = std::int64_t{1} << 29;
  if (atoms() * atoms() * std::int64_t{sizeof(T)} > most_bytes) return GramUse::few;
  return prepared_->gram_use;
}

template <class T>
void Dictionary<T>::correlate(Signals<T> r, MatrixView<T> out) const {
  std::call_once(prepared_->transposed_once,
                 [this] { prepared_->transposed = LeftFactor<T>(matrix(), true); });
  prepared_->transposed.multiply(r, out);
}

template <class T>
void synthesize(const Dictionary<T>& dictionary, std::span<const std::int32_t> indices,
                std::span<const T> values, std::span<T> out) {
  if (indices.size() != values.size() || static_cast<std::int64_t>(out.size()) != dictionary.rows())
    throw Error("synthesize: ", indices.size(), " indices, ", values.size(), " values, ",
                out.size(), " places; indices and values must agree and the places be the ",
                dictionary.rows(), " rows of the dictionary");
  std::ranges::fill(out, T(0));
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] < 0 || indices[i] >= dictionary.atoms())
      throw Error("synthesize: index ", indices[i], "; the dictionary has ", dictionary.atoms(),
                  " atoms");
    axpy(dictionary.rows(), values[i], dictionary.atom(indices[i]).data(), out.data());
  }
}

#define STRIATE_INSTANTIATE(T)                                                  \
  template class Dictionary<T>;                                                 \
  template void synthesize(const Dictionary<T>&, std::span<const std::int32_t>, \
                           std::span<const T>, std::span<T>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
