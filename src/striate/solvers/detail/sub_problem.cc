#include "striate/solvers/detail/sub_problem.h"

#include <algorithm>
#include <cmath>

#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"

namespace striate::detail {

template <class T>
BlockSteps<T>::BlockSteps(const Dictionary<T>& dictionary, int size, double l2_)
    : l2(static_cast<T>(l2_)) {
  const std::int64_t groups = dictionary.atoms() / size;
  curvature.resize(static_cast<std::size_t>(groups));
  repeats.resize(static_cast<std::size_t>(groups), 1);
  for (std::int64_t g = 0; g < groups; ++g) {
    // Gershgorin: every eigenvalue is within a row's off-diagonal sum of its
    // diagonal element.
    double largest = 0, smallest = std::numeric_limits<double>::infinity();
    for (int i = 0; i < size; ++i) {
      const double norm =
          l2 +
          static_cast<double>(dictionary.squared_norms()[static_cast<std::size_t>(g * size + i)]);
      double others = 0;
      for (int j = 0; j < size; ++j)
        if (j != i)
          others += std::abs(dot<double>(dictionary.rows(), dictionary.atom(g * size + i).data(),
                                         dictionary.atom(g * size + j).data()));
      largest = std::max(largest, norm + others);
      smallest = std::min(smallest, norm - others);
    }
    curvature[static_cast<std::size_t>(g)] = static_cast<T>(largest);
    // The error of a block step shrinks by 1 - smallest / largest each time.
    if (smallest < 0.98 * largest)
      repeats[static_cast<std::size_t>(g)] = smallest > 0.5 * largest ? 3 : 8;
  }
}

template <class T>
void SubProblem<T>::clear() {
  groups_.clear();
  atoms_.clear();
  n_ = gathered_ = 0;
}

template <class T>
void SubProblem<T>::let_in(std::int32_t group) {
  groups_.push_back(group);
  for (int i = 0; i < size_; ++i) atoms_.push_back(group * size_ + i);
  n_ += size_;
  width_ = (n_ + 15) / 16 * 16;
  z_.resize(static_cast<std::size_t>(width_));
  std::fill(z_.begin() + n_ - size_, z_.end(), T(0));
}

template <class T>
int SubProblem<T>::descend(const T* correlations, double residual, double lambda, double fraction,
                           double target, int max_passes) {
  gather();
  c_.assign(static_cast<std::size_t>(width_), 0);
  for (std::size_t i = 0; i < atoms_.size(); ++i) c_[i] = correlations[atoms_[i]];
  start_z_ = z_;
  start_c_ = c_;
  start_residual_ = residual;
  const int passes = iterate(lambda, fraction, target, max_passes);
  // What is large is formed anew next time: a worker keeps one of these for
  // each of many signals.
  constexpr std::size_t most_kept = std::size_t{4} << 20;
  if (gram_.size() * sizeof(T) > most_kept) {
    gathered_ = 0;
    gram_ = {};
  }
  return passes;
}

// The Gram matrix of the groups that came in since the last time.
template <class T>
void SubProblem<T>::gather() {
  if (width_ > stride_ || gram_.empty()) {
    const int stride = std::max(width_, (stride_ + stride_ / 2 + 15) / 16 * 16);
    AlignedVector<T> larger(static_cast<std::size_t>(stride) * static_cast<std::size_t>(stride));
    for (int j = 0; j < gathered_; ++j)
      std::copy_n(gram(j), gathered_, larger.data() + static_cast<std::ptrdiff_t>(j) * stride);
    gram_.swap(larger);
    stride_ = stride;
  }
  const int old = gathered_;
  if (dictionary_.gram_use() != GramUse::few) {
    const MatrixView<const T> all = dictionary_.gram();
    for (int j = old; j < n_; ++j) {
      const T* from = all.data + atoms_[static_cast<std::size_t>(j)] * all.stride;
      T* __restrict to = gram(j);
      const std::int32_t* __restrict atoms = atoms_.data();
      for (int i = 0; i < n_; ++i) to[i] = from[atoms[i]];
    }
  } else {
    picked_.resize(dictionary_.rows(), n_);
    for (int j = 0; j < n_; ++j)
      std::ranges::copy(dictionary_.atom(atoms_[static_cast<std::size_t>(j)]),
                        picked_.column(j).begin());
    const MatrixView<const T> d = std::as_const(picked_).view();
    multiply_transposed(d, d.middle_columns(old, n_ - old),
                        MatrixView<T>(gram(old), n_, n_ - old, stride_));
  }
  for (int j = old; j < n_; ++j) {
    gram(j)[j] += steps_.l2;
    std::fill(gram(j) + n_, gram(j) + width_, T(0));
  }
  constexpr int tile = 16;  // columns written side by side
  for (int first = 0; first < old; first += tile) {
    const int last = std::min(first + tile, old);
    for (int j = old; j < n_; ++j)
      for (int i = first; i < last; ++i) gram(i)[j] = gram(j)[i];
    for (int i = first; i < last; ++i) std::fill(gram(i) + n_, gram(i) + width_, T(0));
  }
  gathered_ = n_;
}

template <class T>
double SubProblem<T>::residual() const {
  // |r|^2 after z moved by x is |r|^2 - 2 c'x + x'G x, and G x is the change of
  // c.
  double squares = start_residual_;
  for (std::size_t i = 0; i < static_cast<std::size_t>(n_); ++i)
    squares -=
        (static_cast<double>(z_[i]) - start_z_[i]) * (static_cast<double>(start_c_[i]) + c_[i]);
  return std::max(squares, 0.0);
}

template <class T>
void SubProblem<T>::carry(T* correlations) {
  const MatrixView<const T> all = dictionary_.gram();
  changes_.clear();
  columns_.clear();
  for (std::size_t i = 0; i < atoms_.size(); ++i) {
    const T change = z_[i] - start_z_[i];
    if (change == 0) continue;
    changes_.push_back(change);
    columns_.push_back(all.column(atoms_[i]).data());
    correlations[atoms_[i]] -= steps_.l2 * change;
  }
  subtract_columns(dictionary_.atoms(), static_cast<int>(changes_.size()), changes_.data(),
                   columns_.data(), correlations);
}

template struct BlockSteps<float>;
template struct BlockSteps<double>;
template class SubProblem<float>;
template class SubProblem<double>;

}  // namespace striate::detail
