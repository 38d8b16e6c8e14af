#include "striate/metrics/atom_recovery.h"

#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <limits>

#include "striate/linalg/assignment.h"
#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"

namespace striate {
namespace {

// Orthonormal bases of the groups' spans, by Gram-Schmidt done twice; zeros for a group whose atoms
// are linearly dependent.
template <class T>
Matrix<double> bases(MatrixView<const T> atoms, std::int64_t group_size, const char* which) {
  const std::int64_t m = atoms.rows;
  Matrix<double> q(m, atoms.columns);
  for (std::int64_t k = 0; k < atoms.columns; ++k)
    for (std::int64_t i = 0; i < m; ++i) {
      q(i, k) = static_cast<double>(atoms(i, k));
      if (!std::isfinite(q(i, k)))
        throw Error("match_atoms: atom ", k, " of ", which, " has a value that is not finite");
    }
  for (std::int64_t first = 0; first < atoms.columns; first += group_size) {
    bool independent = true;
    for (std::int64_t k = first; k < first + group_size; ++k) {
      double* column = q.column(k).data();
      const double before = std::sqrt(dot<double>(m, column, column));
      for (int pass = 0; pass < 2; ++pass)
        for (std::int64_t l = first; l < k; ++l)
          axpy(m, -dot<double>(m, q.column(l).data(), column), q.column(l).data(), column);
      const double after = std::sqrt(dot<double>(m, column, column));
      // What is left of a dependent atom is the rounding of T.
      independent = independent && after > 8 * std::numeric_limits<T>::epsilon() * before;
      if (!independent) break;
      for (std::int64_t i = 0; i < m; ++i) column[i] /= after;
    }
    if (!independent)
      for (std::int64_t k = first; k < first + group_size; ++k)
        std::fill(q.column(k).begin(), q.column(k).end(), 0.0);
  }
  return q;
}

// similarity(i, j) of true group i and learned group j.
Matrix<double> similarities(const Matrix<double>& truth, const Matrix<double>& learned,
                            std::int64_t g) {
  Matrix<double> products(truth.columns(), learned.columns());
  multiply_transposed<double>(truth, learned, products);
  Matrix<double> result(truth.columns() / g, learned.columns() / g);
  Eigen::MatrixXd block(g, g);
  Eigen::JacobiSVD<Eigen::MatrixXd> svd;
  for (std::int64_t j = 0; j < result.columns(); ++j)
    for (std::int64_t i = 0; i < result.rows(); ++i) {
      double cosine = std::abs(products(i * g, j * g));
      if (g > 1) {
        for (std::int64_t c = 0; c < g; ++c)
          for (std::int64_t r = 0; r < g; ++r) block(r, c) = products(i * g + r, j * g + c);
        cosine = svd.compute(block).singularValues()(g - 1);
      }
      result(i, j) = std::min(1.0, cosine);
    }
  return result;
}

}  // namespace

template <class T>
AtomMatch match_atoms(MatrixView<const T> truth, Signals<T> learned, std::int64_t group_size) {
  if (truth.rows != learned.rows)
    throw Error("match_atoms: atoms of ", truth.rows, " and of ", learned.rows,
                " values; both dictionaries must have the same");
  if (group_size < 1 || truth.columns % group_size != 0 || learned.columns % group_size != 0)
    throw Error("match_atoms: group_size is ", group_size, " for ", truth.columns, " and ",
                learned.columns, " atoms; it must be at least 1 and divide both");
  const Matrix<double> similarity =
      similarities(bases<T>(truth, group_size, "the truth"),
                   bases<T>(learned, group_size, "what was learned"), group_size);
  const auto groups = static_cast<std::size_t>(similarity.rows());
  AtomMatch match{assignment(similarity), std::vector<double>(groups)};
  for (std::size_t i = 0; i < groups; ++i)
    if (match.partner[i] >= 0)
      match.similarity[i] = similarity(static_cast<std::int64_t>(i), match.partner[i]);
  return match;
}

template <class T>
double atom_recovery(MatrixView<const T> truth, Signals<T> learned, std::int64_t group_size,
                     double threshold) {
  if (truth.columns == 0) throw Error("atom_recovery: no true atoms; at least one is needed");
  const AtomMatch match = match_atoms(truth, learned, group_size);
  const auto found = std::count_if(match.similarity.begin(), match.similarity.end(),
                                   [&](double s) { return s >= threshold; });
  return static_cast<double>(found) / static_cast<double>(match.similarity.size());
}

template AtomMatch match_atoms(MatrixView<const float>, Signals<float>, std::int64_t);
template AtomMatch match_atoms(MatrixView<const double>, Signals<double>, std::int64_t);
template double atom_recovery(MatrixView<const float>, Signals<float>, std::int64_t, double);
template double atom_recovery(MatrixView<const double>, Signals<double>, std::int64_t, double);

}  // namespace striate
