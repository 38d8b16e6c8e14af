#include "striate/dictionaries/constructors.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "striate/core/random.h"
#include "striate/linalg/kernels.h"

namespace striate {
namespace {

void check(const char* who, std::int64_t rows, std::int64_t atoms, int group_size) {
  if (rows < 1) throw Error(who, ": rows is ", rows, "; it must be at least 1");
  if (atoms < 0) throw Error(who, ": atoms is ", atoms, "; it must be at least 0");
  if (group_size < 1 || group_size > rows || atoms % group_size != 0)
    throw Error(who, ": group_size is ", group_size, "; it must be at least 1, at most the ", rows,
                " rows, and divide the ", atoms, " atoms");
}

// Scales to norm 1; false (and untouched) if there is no finite direction.
template <class T>
bool normalize(std::span<T> x) {
  double largest = 0;
  for (T value : x) {
    if (!std::isfinite(value)) return false;
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  }
  if (largest == 0) return false;
  double sum = 0;  // scaled, so that squares neither vanish nor overflow
  for (T value : x) sum += (value / largest) * (value / largest);
  const double norm = std::sqrt(sum);
  for (T& value : x) value = static_cast<T>(value / largest / norm);
  return true;
}

// Makes atom k a unit vector orthogonal to the atoms before it in its group; false if it lies
// within their span.
template <class T>
bool fit_into_group(MatrixView<T> atoms, std::int64_t k, int group_size) {
  if (!normalize(atoms.column(k))) return false;
  for (int pass = 0; pass < 2; ++pass) {  // the second pass repairs the rounding of the first
    for (std::int64_t other = k - k % group_size; other < k; ++other) {
      const auto a = atoms.column(other), b = atoms.column(k);
      const double cosine = dot<double>(atoms.rows, a.data(), b.data());
      for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<T>(b[i] - cosine * a[i]);
    }
    const double left = dot<double>(atoms.rows, atoms.column(k).data(), atoms.column(k).data());
    if (left < 1e-6 || !normalize(atoms.column(k))) return false;
  }
  return true;
}

}  // namespace

template <class T>
Matrix<T> random_atoms(std::int64_t rows, std::int64_t atoms, std::uint64_t seed, int group_size) {
  check("random_atoms", rows, atoms, group_size);
  Matrix<T> result(rows, atoms);
  for (std::int64_t k = 0; k < atoms; ++k) {
    Random random(seed, stream("random_atoms"), static_cast<std::uint64_t>(k));
    do
      for (T& x : result.column(k)) x = static_cast<T>(random.normal());
    while (!fit_into_group(result.view(), k, group_size));
  }
  return result;
}

template <class T>
Matrix<T> atoms_from_data(const SignalSource<T>& source, std::int64_t atoms, std::uint64_t seed,
                          int group_size) {
  check("atoms_from_data", source.dimension(), atoms, group_size);
  Matrix<T> result(source.dimension(), atoms);
  Random random(seed, stream("atoms_from_data"));
  std::unordered_set<std::int64_t> seen;
  for (std::int64_t k = 0; k < atoms;) {
    if (static_cast<std::int64_t>(seen.size()) == source.size())
      throw Error("atoms_from_data: of ", source.size(), " signals only ", k, " serve as atoms; ",
                  atoms,
                  " are needed that are finite, not zero and, in a "
                  "group, independent");
    const auto i =
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(source.size())));
    if (!seen.insert(i).second) continue;
    source.read(i, result.view().middle_columns(k, 1));
    if (fit_into_group(result.view(), k, group_size)) ++k;
  }
  return result;
}

template <class T>
Matrix<T> union_of(std::span<const Matrix<T>> parts) {
  if (parts.empty()) throw Error("union_of: no parts; at least one is needed");
  std::int64_t atoms = 0;
  for (const Matrix<T>& part : parts) {
    if (part.rows() != parts[0].rows())
      throw Error("union_of: parts of ", parts[0].rows(), " and of ", part.rows(),
                  " rows; all must have as many");
    atoms += part.columns();
  }
  Matrix<T> result(parts[0].rows(), atoms);
  std::int64_t k = 0;
  for (const Matrix<T>& part : parts)
    for (std::int64_t j = 0; j < part.columns(); ++j, ++k)
      std::ranges::copy(part.column(j), result.column(k).begin());
  return result;
}

template <class T>
void normalize_atoms(MatrixView<T> atoms) {
  for (std::int64_t k = 0; k < atoms.columns; ++k) normalize(atoms.column(k));
}

#define STRIATE_INSTANTIATE(T)                                                                  \
  template Matrix<T> random_atoms(std::int64_t, std::int64_t, std::uint64_t, int);              \
  template Matrix<T> atoms_from_data(const SignalSource<T>&, std::int64_t, std::uint64_t, int); \
  template Matrix<T> union_of(std::span<const Matrix<T>>);                                      \
  template void normalize_atoms(MatrixView<T>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
