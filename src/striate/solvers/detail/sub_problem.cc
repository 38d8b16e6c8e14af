#include "striate/solvers/detail/sub_problem.h"

#include "striate/penalties/any_penalty.h"
#include "striate/solvers/detail/block_descent.h"

namespace striate::detail {

template <class T>
BlockSteps<T>::BlockSteps(const Dictionary<T>& dictionary, int size) {
  const std::int64_t groups = dictionary.atoms() / size;
  curvature.resize(static_cast<std::size_t>(groups));
  repeats.resize(static_cast<std::size_t>(groups), 1);
  for (std::int64_t g = 0; g < groups; ++g) {
    // Gershgorin: every eigenvalue is within a row's off-diagonal sum of its diagonal element.
    double largest = 0, smallest = std::numeric_limits<double>::infinity();
    for (int i = 0; i < size; ++i) {
      const double norm = dictionary.squared_norms()[static_cast<std::size_t>(g * size + i)];
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
void SubProblem<T>::load(const Dictionary<T>& dictionary, bool use_gram, int size,
                         std::span<const std::int32_t> groups, std::span<const T> z,
                         const T* correlations, double residual) {
  groups_ = groups;
  n_ = static_cast<int>(groups.size()) * size;
  stride_ = (n_ + 15) / 16 * 16;
  start_residual_ = residual;

  atoms_.clear();
  for (std::int32_t g : groups)
    for (int i = 0; i < size; ++i) atoms_.push_back(g * size + i);
  const auto length = static_cast<std::size_t>(stride_);
  z_.assign(length, 0);
  std::ranges::copy(z, z_.begin());
  c_.assign(length, 0);
  for (int i = 0; i < n_; ++i)
    c_[static_cast<std::size_t>(i)] = correlations[atoms_[static_cast<std::size_t>(i)]];
  start_z_ = z_;
  start_c_ = c_;

  if (gram_.size() < length * length) gram_.resize(length * length);
  if (use_gram) {
    const MatrixView<const T> all = dictionary.gram();
    for (int j = 0; j < n_; ++j) {
      const T* from = all.data + atoms_[static_cast<std::size_t>(j)] * all.stride;
      T* to = gram(j);
      for (int i = 0; i < n_; ++i) to[i] = from[atoms_[static_cast<std::size_t>(i)]];
    }
  } else {
    picked_.resize(dictionary.rows(), n_);
    for (int j = 0; j < n_; ++j)
      std::ranges::copy(dictionary.atom(atoms_[static_cast<std::size_t>(j)]),
                        picked_.column(j).begin());
    const MatrixView<const T> d = std::as_const(picked_).view();
    multiply_transposed(d, d, MatrixView<T>(gram_.data(), n_, n_, stride_));
  }
  for (int j = 0; j < n_; ++j) std::fill(gram(j) + n_, gram(j) + stride_, T(0));
}

template <class T>
double SubProblem<T>::residual() const {
  // |r|^2 after z moved by x is |r|^2 - 2 c'x + x'G x, and G x is the change of c.
  double squares = start_residual_;
  for (std::size_t i = 0; i < static_cast<std::size_t>(n_); ++i)
    squares -=
        (static_cast<double>(z_[i]) - start_z_[i]) * (static_cast<double>(start_c_[i]) + c_[i]);
  return std::max(squares, 0.0);
}

template <class T>
std::unique_ptr<SubProblem<T>> make_sub_problem(const PenalizedProblem& problem,
                                                const BlockSteps<T>& steps) {
  return visit_penalty<T>(problem.group_size, problem.weights, problem.positive,
                          [&]<Penalty P>(P&& penalty) -> std::unique_ptr<SubProblem<T>> {
                            return std::make_unique<BlockDescent<T, P>>(std::move(penalty), steps);
                          });
}

#define STRIATE_INSTANTIATE(T)                                                      \
  template struct BlockSteps<T>;                                                    \
  template class SubProblem<T>;                                                     \
  template std::unique_ptr<SubProblem<T>> make_sub_problem(const PenalizedProblem&, \
                                                           const BlockSteps<T>&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate::detail
