#include "tests/problems/sign_patterns.h"

#include <cmath>
#include <limits>
#include <utility>

namespace striate {
namespace {

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Solves A x = b by elimination with pivots; false where A is singular.
bool eliminate(std::vector<std::vector<double>> a, std::vector<double>& b) {
  const std::size_t n = b.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k; i < n; ++i)
      if (std::abs(a[i][k]) > std::abs(a[pivot][k])) pivot = i;
    if (std::abs(a[pivot][k]) < 1e-12) return false;
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double factor = a[i][k] / a[k][k];
      for (std::size_t j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  for (std::size_t k = 0; k < n; ++k) b[k] /= a[k][k];
  return true;
}

}  // namespace

std::vector<double> best_of_all_signs(const Matrix<double>& dictionary, std::span<const double> y,
                                      const JudgedPenalty& penalty) {
  const auto atoms = static_cast<std::size_t>(dictionary.columns());
  const Judge judge(dictionary.view(), penalty);
  std::vector<double> best(atoms);
  double least = judge.objective(y, best);
  std::vector<int> signs(atoms, -1);
  for (std::size_t next = 0; next < atoms;) {
    std::vector<std::size_t> used;
    for (std::size_t k = 0; k < atoms; ++k)
      if (signs[k] != 0) used.push_back(k);
    std::vector<std::vector<double>> a(used.size(), std::vector<double>(used.size()));
    std::vector<double> x(used.size()), z(atoms);
    for (std::size_t i = 0; i < used.size(); ++i) {
      const auto atom = dictionary.column(std::int64_t(used[i]));
      const double weight = penalty.weights.empty() ? 1 : penalty.weights[used[i]];
      x[i] = dot(atom, y) - penalty.lambda * weight * signs[used[i]];
      for (std::size_t j = 0; j < used.size(); ++j)
        a[i][j] = dot(atom, dictionary.column(std::int64_t(used[j]))) + (i == j) * penalty.l2;
    }
    bool keeps = eliminate(std::move(a), x);
    for (std::size_t i = 0; i < used.size(); ++i) {
      z[used[i]] = x[i];
      keeps = keeps && x[i] * signs[used[i]] > 0;
    }
    if (const double value = keeps ? judge.objective(y, z) : least; value < least) {
      least = value;
      best = z;
    }
    for (next = 0; next < atoms && ++signs[next] > 1; ++next) signs[next] = -1;
  }
  return best;
}

}  // namespace striate
