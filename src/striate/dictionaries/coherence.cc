#include "striate/dictionaries/coherence.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "striate/core/parallel.h"
#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"

namespace striate {
namespace {

// Orthonormal bases of the groups, a column that adds nothing to its group 0; `within` is the
// largest |cosine| before that.
template <class T>
Matrix<double> bases(MatrixView<const T> atoms, std::int64_t s, double& within) {
  const std::int64_t m = atoms.rows;
  Matrix<double> q(m, atoms.columns);
  for (std::int64_t k = 0; k < atoms.columns; ++k) {
    double* x = q.column(k).data();
    for (std::int64_t i = 0; i < m; ++i) x[i] = static_cast<double>(atoms(i, k));
    const double norm = std::sqrt(dot<double>(m, x, x));
    if (!std::isfinite(norm))
      throw Error("coherence: atom ", k, " holds NaN or infinity; atoms must be finite");
    for (std::int64_t i = 0; i < m; ++i) x[i] = norm > 0 ? x[i] / norm : 0;
  }
  for (std::int64_t k = 0; k < atoms.columns; ++k)
    for (std::int64_t j = k / s * s; j < k; ++j)
      within = std::max(within, std::abs(dot<double>(m, q.column(j).data(), q.column(k).data())));
  for (std::int64_t k = 0; k < atoms.columns; ++k) {
    double* x = q.column(k).data();
    for (int twice = 0; twice < 2; ++twice)  // the second time removes the rounding of the first
      for (std::int64_t j = k / s * s; j < k; ++j)
        axpy(m, -dot<double>(m, q.column(j).data(), x), q.column(j).data(), x);
    const double norm = std::sqrt(dot<double>(m, x, x));
    for (std::int64_t i = 0; i < m; ++i) x[i] = norm > 1e-8 ? x[i] / norm : 0;
  }
  return q;
}

// The largest singular value of an s x s block M (columns `stride` apart): the columns of M are
// turned in pairs until they are orthogonal (one-sided Jacobi); the longest is it.
double largest_singular_value(const double* block, std::int64_t s, std::int64_t stride,
                              std::vector<double>& work) {
  if (s == 1) return std::abs(*block);
  work.resize(static_cast<std::size_t>(s * s));
  for (std::int64_t j = 0; j < s; ++j)
    std::copy_n(block + j * stride, s, &work[std::size_t(j * s)]);
  bool turned = true;
  for (int sweep = 0; turned && sweep < 40; ++sweep) {
    turned = false;
    for (std::int64_t i = 0; i < s; ++i)
      for (std::int64_t j = i + 1; j < s; ++j) {
        double *x = &work[std::size_t(i * s)], *y = &work[std::size_t(j * s)];
        const double xx = dot<double>(s, x, x), yy = dot<double>(s, y, y);
        const double xy = dot<double>(s, x, y);
        if (std::abs(xy) <= 1e-15 * std::sqrt(xx * yy)) continue;
        turned = true;
        const double angle = 0.5 * std::atan2(2 * xy, xx - yy);
        const double c = std::cos(angle), sine = std::sin(angle);
        for (std::int64_t r = 0; r < s; ++r) {
          const double from_x = x[r], from_y = y[r];
          x[r] = c * from_x + sine * from_y;
          y[r] = c * from_y - sine * from_x;
        }
      }
  }
  double largest = 0;
  for (std::int64_t j = 0; j < s; ++j) {
    const double* x = &work[std::size_t(j * s)];
    largest = std::max(largest, dot<double>(s, x, x));
  }
  return std::sqrt(largest);
}

}  // namespace

template <class T>
Coherence coherence(MatrixView<const T> atoms, int group_size, const Run& run) {
  const std::int64_t s = group_size, n = atoms.columns;
  if (s < 1 || n % s != 0)
    throw Error("coherence: group_size is ", s, "; it must be at least 1 and divide the ", n,
                " atoms");
  Coherence result;
  const Matrix<double> q = bases(atoms, s, result.within);
  const std::int64_t groups = n / s, panel = std::max<std::int64_t>(1, 64 / s);
  // Panels of second groups, each against all groups before.
  std::vector<Coherence> found(static_cast<std::size_t>((groups + panel - 1) / panel));
  RunState state(run, "coherence", groups);
  parallel_for(
      static_cast<std::int64_t>(found.size()),
      [&](std::int64_t chunk, int) {
        const std::int64_t first = chunk * panel, count = std::min(panel, groups - first);
        Matrix<double> products((first + count) * s, count * s);
        multiply_transposed<double>(q.view().middle_columns(0, (first + count) * s),
                                    q.view().middle_columns(first * s, count * s), products);
        std::vector<double> work;
        Coherence& best = found[static_cast<std::size_t>(chunk)];
        for (std::int64_t p = 0; p < first + count; ++p)
          for (std::int64_t other = std::max(p + 1, first); other < first + count; ++other) {
            const double cosine = largest_singular_value(&products(p * s, (other - first) * s), s,
                                                         products.rows(), work);
            best.near_duplicates += cosine >= near_duplicate;
            if (best.first >= 0 && cosine <= best.between) continue;
            best.between = cosine;
            best.first = p;
            best.second = other;
          }
      },
      state);
  for (const Coherence& part : found) {
    result.near_duplicates += part.near_duplicates;
    if (part.first < 0) continue;
    const bool lower = part.between == result.between && part.first < result.first;
    if (result.first >= 0 && part.between <= result.between && !lower) continue;
    result.between = part.between;
    result.first = part.first;
    result.second = part.second;
  }
  result.between = std::min(result.between, 1.0);  // rounding
  result.within = std::min(result.within, 1.0);
  return result;
}

template Coherence coherence(MatrixView<const float>, int, const Run&);
template Coherence coherence(MatrixView<const double>, int, const Run&);

}  // namespace striate
