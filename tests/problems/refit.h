// Least squares on chosen atoms and the greedy choice of them, by definition: every candidate is
// refitted, in plain double loops. Slow, and independent of every solver.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "striate/core/matrix.h"

namespace striate {

struct Refit {
  std::vector<std::int32_t> atoms;  // in the order in which they came
  std::vector<double> z;            // their coefficients, those that leave the least residual
  std::vector<double> residual;     // y - D z
  double squared = 0;               // its square
};

inline double product(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// By Gram-Schmidt, twice over. Atoms in the span of those before them get no coefficient.
inline Refit refit(MatrixView<const double> d, std::span<const double> y,
                   std::vector<std::int32_t> atoms) {
  std::vector<std::vector<double>> q;
  const std::size_t n = atoms.size();
  Matrix<double> r(static_cast<std::int64_t>(n), static_cast<std::int64_t>(n));
  for (std::size_t k = 0; k < n; ++k) {
    const auto atom = d.column(atoms[k]);
    std::vector<double> v(atom.begin(), atom.end());
    for (int pass = 0; pass < 2; ++pass)
      for (std::size_t l = 0; l < k; ++l) {
        const double along = product(q[l], v);
        r(std::int64_t(l), std::int64_t(k)) += along;
        for (std::size_t i = 0; i < v.size(); ++i) v[i] -= along * q[l][i];
      }
    const double norm = std::sqrt(product(v, v));
    const bool independent = norm > 1e-10 * std::sqrt(product(atom, atom));
    r(std::int64_t(k), std::int64_t(k)) = independent ? norm : 0;
    for (double& x : v) x = independent ? x / norm : 0;
    q.push_back(std::move(v));
  }
  Refit result{
      .atoms = std::move(atoms), .z = std::vector<double>(n), .residual = {y.begin(), y.end()}};
  std::vector<double> a;
  for (const auto& axis : q) a.push_back(product(axis, y));
  for (std::size_t k = n; k-- > 0;) {
    const double pivot = r(std::int64_t(k), std::int64_t(k));
    result.z[k] = pivot > 0 ? a[k] / pivot : 0;
    for (std::size_t l = 0; l < k; ++l) a[l] -= r(std::int64_t(l), std::int64_t(k)) * result.z[k];
  }
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = 0; i < y.size(); ++i)
      result.residual[i] -= d.column(result.atoms[k])[i] * result.z[k];
  result.squared = product(result.residual, result.residual);
  return result;
}

// Codes with 1, 2, ... atoms: each takes in the atom of the largest score(code so far, j) >= 0.
inline std::vector<Refit> grow(MatrixView<const double> d, std::span<const double> y,
                               std::int64_t most,
                               const std::function<double(const Refit&, std::int32_t)>& score) {
  std::vector<Refit> path;
  Refit now = refit(d, y, {});
  while (std::ssize(path) < most) {
    std::int32_t best = -1;
    for (std::int32_t j = 0; j < d.columns; ++j)
      if (std::ranges::count(now.atoms, j) == 0 && (best < 0 || score(now, j) > score(now, best)))
        best = j;
    std::vector<std::int32_t> atoms = now.atoms;
    atoms.push_back(best);
    now = refit(d, y, atoms);
    path.push_back(now);
  }
  return path;
}

}  // namespace striate
