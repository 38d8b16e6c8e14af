#include "striate/learning/atom_update.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "striate/core/parallel.h"
#include "striate/core/random.h"
#include "striate/learning/learner.h"
#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"

namespace striate::detail {

namespace {

constexpr std::int64_t atoms_per_chunk = 16;

std::int64_t chunks_of(std::int64_t n, std::int64_t size) { return (n + size - 1) / size; }

}  // namespace

AtomSet atom_set(const LearnSettings& settings) {
  return {.positive = settings.positive_atoms, .ball = settings.atom_norm == AtomNorm::ball};
}

template <class T>
bool project_atom(const AtomSet& set, double curvature, std::span<T> g) {
  const auto m = static_cast<std::int64_t>(g.size());
  if (set.positive) {
    const auto largest = std::max_element(g.begin(), g.end());
    if (*largest <= 0 && !set.ball) {  // the nearest of the unit vectors is an axis
      const auto axis = largest - g.begin();
      const bool any = std::any_of(g.begin(), g.end(), [](T x) { return x != 0; });
      if (any) {
        std::fill(g.begin(), g.end(), T(0));
        g[static_cast<std::size_t>(axis)] = 1;
      }
      return any;
    }
    for (T& x : g) x = std::max(x, T(0));
  }
  const double norm = std::sqrt(dot<double>(m, g.data(), g.data()));
  if (!set.ball && !(norm > 1e-9 * curvature)) return false;
  const T scale = static_cast<T>(1 / (set.ball ? std::max(norm, curvature) : norm));
  for (T& x : g) x *= scale;
  return true;
}

template <class T>
void add_statistics(Matrix<T>& a, Matrix<T>& b, double beta, double weight,
                    MatrixView<const T> signals, const SparseCodes<T>& codes, const Run& run) {
  const std::int64_t m = b.rows(), atoms = b.columns();
  const T keep = static_cast<T>(beta), share = static_cast<T>(weight);
  const Run whole = uninterrupted(run);
  RunState state(whole);
  parallel_for(
      chunks_of(atoms, atoms_per_chunk),
      [&](std::int64_t chunk, int) {
        const auto first = static_cast<std::int32_t>(chunk * atoms_per_chunk);
        const auto last = static_cast<std::int32_t>(std::min(atoms, (chunk + 1) * atoms_per_chunk));
        for (std::int32_t k = first; k < last; ++k) {
          for (T& x : a.column(k)) x *= keep;
          for (T& x : b.column(k)) x *= keep;
        }
        for (std::int64_t j = 0; j < signals.columns; ++j) {
          const CodeView<T> z = codes[j];
          auto e = static_cast<std::size_t>(
              std::lower_bound(z.indices.begin(), z.indices.end(), first) - z.indices.begin());
          for (; e < z.nonzeros() && z.indices[e] < last; ++e) {
            const std::int32_t k = z.indices[e];
            const T scale = share * z.values[e];
            axpy(m, scale, signals.column(j).data(), b.column(k).data());
            T* a_k = a.column(k).data();
            for (std::size_t i = 0; i < z.nonzeros(); ++i) a_k[z.indices[i]] += scale * z.values[i];
          }
        }
      },
      state);
}

template <class T>
void update_atoms(Matrix<T>& atoms, const Matrix<T>& a, const Matrix<T>& b, const AtomSet& set,
                  int group_size, double kappa, int block, std::span<const std::int64_t> order,
                  const Run& run) {
  const std::int64_t m = atoms.rows(), n = atoms.columns();
  constexpr std::int64_t high = LeftFactor<T>::rows_together;
  const Run whole = uninterrupted(run);
  std::vector<LeftFactor<T>> d(static_cast<std::size_t>(chunks_of(m, high)));  // rows of D
  Matrix<T> residual(m, block);  // columns of B - D A, kept up to date
  std::vector<const T*> columns;
  std::vector<T> g(static_cast<std::size_t>(m));
  for (std::int64_t first = 0; first < n; first += block) {
    const std::int64_t count = std::min<std::int64_t>(block, n - first);
    const auto atom = [&](std::int64_t j) { return order[static_cast<std::size_t>(first + j)]; };
    columns.clear();
    for (std::int64_t j = 0; j < count; ++j) columns.push_back(a.column(atom(j)).data());
    RunState state(whole);
    parallel_for(
        std::ssize(d),
        [&](std::int64_t chunk, int) {
          const std::int64_t row = chunk * high, rows = std::min(high, m - row);
          LeftFactor<T>& part = d[static_cast<std::size_t>(chunk)];
          if (first == 0) part = LeftFactor<T>({atoms.data() + row, rows, n, m}, false);
          for (std::int64_t i = std::max<std::int64_t>(first - block, 0); i < first; ++i) {
            const std::int64_t k = order[static_cast<std::size_t>(i)];
            part.set_column(k, atoms.column(k).subspan(static_cast<std::size_t>(row),
                                                       static_cast<std::size_t>(rows)));
          }
          part.multiply(columns, MatrixView<T>(residual.data() + row, rows, count, m));
          for (std::int64_t j = 0; j < count; ++j)
            for (std::int64_t i = row; i < row + rows; ++i)
              residual(i, j) = b(i, atom(j)) - residual(i, j);
        },
        state);

    for (std::int64_t j = 0; j < count; ++j) {
      const std::int64_t k = atom(j);
      T* r = residual.column(j).data();
      T* d = atoms.column(k).data();
      for (std::int64_t i = 0; i < m; ++i) g[std::size_t(i)] = r[i] + a(k, k) * d[i];
      if (kappa > 0 && group_size == 2) {
        const T* e = atoms.column(k ^ 1).data();
        const double overlap = dot<double>(m, g.data(), e);
        axpy(m, static_cast<T>(-std::clamp(overlap, -kappa, kappa)), e, g.data());
      }
      if (!(a(k, k) > 0)) continue;  // never used: stays
      if (!project_atom<T>(set, a(k, k), g)) continue;
      for (std::int64_t i = 0; i < m; ++i) {
        const T before = d[i];
        d[i] = g[std::size_t(i)];
        g[std::size_t(i)] -= before;
      }
      for (std::int64_t later = j + 1; later < count; ++later)
        axpy(m, -a(k, atom(later)), g.data(), residual.column(later).data());
    }
  }
}

template <class T>
void descend(const LearnSettings& settings, std::int64_t step, double kappa, const Matrix<T>& a,
             const Matrix<T>& b, Matrix<T>& atoms, const Run& run) {
  const int s = settings.group_size_in_force(), passes = settings.descent.passes;
  const auto seed = static_cast<std::uint64_t>(settings.seed);
  std::vector<std::int64_t> order;
  for (int pass = 0; pass < passes; ++pass) {
    const auto item = static_cast<std::uint64_t>(step * passes + pass);
    order.clear();
    for (std::int64_t p : permutation(atoms.columns() / s, Random(seed, stream("update"), item)))
      for (std::int64_t k = p * s; k < (p + 1) * s; ++k) order.push_back(k);
    update_atoms(atoms, a, b, atom_set(settings), s, kappa, settings.descent.block,
                 std::span<const std::int64_t>(order), run);
  }
}

#define STRIATE_INSTANTIATE(T)                                                                    \
  template bool project_atom(const AtomSet&, double, std::span<T>);                               \
  template void add_statistics(Matrix<T>&, Matrix<T>&, double, double, MatrixView<const T>,       \
                               const SparseCodes<T>&, const Run&);                                \
  template void update_atoms(Matrix<T>&, const Matrix<T>&, const Matrix<T>&, const AtomSet&, int, \
                             double, int, std::span<const std::int64_t>, const Run&);             \
  template void descend(const LearnSettings&, std::int64_t, double, const Matrix<T>&,             \
                        const Matrix<T>&, Matrix<T>&, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::detail
