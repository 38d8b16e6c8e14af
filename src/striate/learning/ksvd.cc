#include "striate/learning/ksvd.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <vector>

#include "striate/core/parallel.h"
#include "striate/linalg/kernels.h"

namespace striate {

namespace {

constexpr std::int64_t users_per_chunk = 512;

std::int64_t chunks_of(std::int64_t n) { return (n + users_per_chunk - 1) / users_per_chunk; }

// One use of an atom: the signal, and where its coefficient stands in the codes.
struct Use {
  std::int64_t signal;
  std::int64_t entry;
};

// The uses of every atom, one atom after another; those of atom k begin at starts[k].
struct Uses {
  std::vector<std::int64_t> starts;
  std::vector<Use> all;

  template <class T>
  explicit Uses(const SparseCodes<T>& codes)
      : starts(static_cast<std::size_t>(codes.atoms()) + 1),
        all(static_cast<std::size_t>(codes.nonzeros())) {
    for (std::int32_t k : codes.indices()) ++starts[static_cast<std::size_t>(k) + 1];
    for (std::size_t k = 1; k < starts.size(); ++k) starts[k] += starts[k - 1];
    std::vector<std::int64_t> next = starts;
    for (std::int64_t j = 0; j < codes.signals(); ++j)
      for (std::int64_t e = codes.starts()[std::size_t(j)]; e < codes.starts()[std::size_t(j) + 1];
           ++e)
        all[std::size_t(next[std::size_t(codes.indices()[std::size_t(e)])]++)] = {j, e};
  }
  std::span<const Use> of(std::int64_t k) const {
    const auto first = static_cast<std::size_t>(starts[std::size_t(k)]);
    return std::span(all).subspan(first, std::size_t(starts[std::size_t(k) + 1]) - first);
  }
};

// f(chunk, its uses) for uses cut into chunks, in parallel.
template <class F>
void for_each_chunk(std::span<const Use> uses, const Run& whole, const F& f) {
  const auto count = static_cast<std::int64_t>(uses.size());
  RunState state(whole);
  parallel_for(
      chunks_of(count),
      [&](std::int64_t chunk, int) {
        const std::int64_t first = chunk * users_per_chunk;
        f(chunk,
          uses.subspan(std::size_t(first), std::size_t(std::min(users_per_chunk, count - first))));
      },
      state);
}

// The atom and its coefficients one after the other. `d` is the atom, `next` room for another.
template <class T>
void alternate(std::span<const Use> uses, bool positive, Matrix<T>& residuals, std::span<T> values,
               std::span<T> d, const Run& whole) {
  const std::int64_t m = residuals.rows();
  const std::int64_t chunks = chunks_of(static_cast<std::int64_t>(uses.size()));
  Matrix<T> sums(m, chunks);
  std::vector<double> squares(static_cast<std::size_t>(chunks));
  for_each_chunk(uses, whole, [&](std::int64_t chunk, std::span<const Use> part) {
    for (const Use& use : part) {
      const T z = values[std::size_t(use.entry)];
      axpy(m, z, residuals.column(use.signal).data(), sums.column(chunk).data());
      squares[std::size_t(chunk)] += double(z) * double(z);
    }
  });
  double square = 0;
  for (double x : squares) square += x;
  std::vector<T> next(d.begin(), d.end());
  for (T& x : next) x *= static_cast<T>(square);
  for (std::int64_t c = 0; c < chunks; ++c) axpy(m, T(1), sums.column(c).data(), next.data());
  const double norm = std::sqrt(dot<double>(m, next.data(), next.data()));
  if (!(norm > 1e-9 * square)) return;  // stays
  for (T& x : next) x = static_cast<T>(static_cast<double>(x) / norm);

  const T overlap = dot<T>(m, next.data(), d.data());
  for_each_chunk(uses, whole, [&](std::int64_t, std::span<const Use> part) {
    for (const Use& use : part) {
      T& z = values[std::size_t(use.entry)];
      T* r = residuals.column(use.signal).data();
      T now = dot<T>(m, next.data(), r) + overlap * z;
      if (positive) now = std::max(now, T(0));
      for (std::int64_t i = 0; i < m; ++i)
        r[i] += z * d[std::size_t(i)] - now * next[std::size_t(i)];
      z = now;
    }
  });
  std::copy(next.begin(), next.end(), d.begin());
}

// The leading singular pair of E, by the smaller of E E' and E'E; the atom keeps its direction.
template <class T>
void decompose(std::span<const Use> uses, Matrix<T>& residuals, std::span<T> values,
               std::span<T> d) {
  const std::int64_t m = residuals.rows(), n = static_cast<std::int64_t>(uses.size());
  const auto atom =
      Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, 1>>(d.data(), m).template cast<double>();
  Eigen::MatrixXd e(m, n);
  for (std::int64_t j = 0; j < n; ++j) {
    const Use& use = uses[std::size_t(j)];
    e.col(j) = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, 1>>(
                   residuals.column(use.signal).data(), m)
                   .template cast<double>() +
               double(values[std::size_t(use.entry)]) * atom;
  }
  Eigen::MatrixXd square;
  if (n < m) square.noalias() = e.transpose() * e;
  else square.noalias() = e * e.transpose();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(square);
  Eigen::VectorXd left = solver.eigenvectors().col(square.cols() - 1);
  if (n < m) left = (e * left).eval();
  const double norm = left.norm();
  if (!(norm > 0) || !(solver.eigenvalues()[square.cols() - 1] > 0)) return;  // E is zero
  left *= (left.dot(atom) < 0 ? -1 : 1) / norm;
  const Eigen::VectorXd right = e.transpose() * left;
  for (std::int64_t j = 0; j < n; ++j) {
    const Use& use = uses[std::size_t(j)];
    values[std::size_t(use.entry)] = static_cast<T>(right[j]);
    for (std::int64_t i = 0; i < m; ++i)
      residuals(i, use.signal) = static_cast<T>(e(i, j) - left[i] * right[j]);
  }
  for (std::int64_t i = 0; i < m; ++i) d[std::size_t(i)] = static_cast<T>(left[i]);
}

}  // namespace

namespace detail {

template <class T>
void ksvd_update(const KsvdSettings& settings, bool positive, Matrix<T>& residuals,
                 SparseCodes<T>& codes, Matrix<T>& atoms, const Run& run) {
  const Run whole = uninterrupted(run);
  const Uses uses(codes);
  for (std::int64_t k = 0; k < atoms.columns(); ++k) {
    if (uses.of(k).empty()) continue;
    if (settings.rule == KsvdRule::exact)
      decompose(uses.of(k), residuals, codes.values(), atoms.column(k));
    else
      for (int i = 0; i < settings.alternations; ++i)
        alternate(uses.of(k), positive, residuals, codes.values(), atoms.column(k), whole);
  }
}

template void ksvd_update(const KsvdSettings&, bool, Matrix<float>&, SparseCodes<float>&,
                          Matrix<float>&, const Run&);
template void ksvd_update(const KsvdSettings&, bool, Matrix<double>&, SparseCodes<double>&,
                          Matrix<double>&, const Run&);

}  // namespace detail

template <class T>
void KsvdLearner<T>::improve(const SignalSource<T>& source, const Run& run) {
  const Matrix<T>& atoms = this->atoms_;
  SparseCodes<T>& codes = this->codes_;
  Matrix<T> residuals(atoms.rows(), source.size());
  detail::for_each_block(source, [&](std::int64_t first, MatrixView<const T> signals) {
    for (std::int64_t j = 0; j < signals.columns; ++j) {
      const auto r = residuals.column(first + j);
      std::copy_n(signals.column(j).data(), signals.rows, r.data());
      const CodeView<T> z = codes[first + j];
      for (std::size_t e = 0; e < z.nonzeros(); ++e)
        axpy(atoms.rows(), -z.values[e], atoms.column(z.indices[e]).data(), r.data());
    }
  });
  detail::ksvd_update(this->settings_.ksvd, this->settings_.positive, residuals, codes,
                      this->atoms_, run);
}

template class KsvdLearner<float>;
template class KsvdLearner<double>;

}  // namespace striate
