#include "striate/solvers/detail/penalized_problem.h"

#include <algorithm>
#include <limits>

#include "striate/linalg/kernels.h"

namespace striate::detail {

void check_problem(std::string_view who, const PenalizedProblem& problem, std::int64_t rows,
                   std::int64_t atoms, std::int64_t signal_rows) {
  if (bool(problem.lambda) == bool(problem.lambda_relative) &&
      !(problem.nonzeros && !problem.lambda))
    throw Error(who, ": lambda and lambda_relative are ",
                problem.lambda ? "both given" : "both missing", "; exactly one of them is needed");
  if (signal_rows != rows)
    throw Error(who, ": signals have ", signal_rows, " rows; the dictionary's atoms have ", rows);
  if (atoms % problem.group_size != 0)
    throw Error(who, ": group_size is ", problem.group_size, "; it must divide the ", atoms,
                " atoms");
  const std::int64_t groups = atoms / problem.group_size;
  if (!problem.weights.empty() && static_cast<std::int64_t>(problem.weights.size()) != groups)
    throw Error(who, ": penalty_weights has ", problem.weights.size(), " values; ", groups,
                " are needed, one per ", problem.group_size == 1 ? "atom" : "group",
                ", or none at all");
  if (problem.lambda_relative && problem.l1_share == 0 &&
      std::ranges::count(problem.weights, 0.0) > 0)
    throw Error(who,
                ": lambda_relative with a penalty weight of 0; it needs all "
                "above 0, since "
                "no lambda makes the whole code zero otherwise; give lambda");
}

void check_counts(std::string_view who, const PerSignal& nonzeros, std::int64_t atoms) {
  for (double count : *nonzeros) {
    if (count != std::floor(count))
      throw Error(who, ": nonzeros is ", count, "; it must be a whole number");
    if (count > static_cast<double>(atoms))
      throw Error(who, ": nonzeros is ", count, "; it must be at most the ", atoms,
                  " atoms of the dictionary");
  }
}

void check_initial(std::string_view who, std::int64_t atoms, std::int64_t signals,
                   std::int64_t initial_atoms, std::int64_t initial_signals) {
  if (initial_atoms != atoms || initial_signals != signals)
    throw Error(who, ": initial codes are for ", initial_signals, " signals and ", initial_atoms,
                " atoms; there are ", signals, " signals and ", atoms, " atoms");
}

template <class T>
Scale scale_of(std::span<const T> signal) {
  // The largest magnitude; sums of 0 x, NaN unless all x are finite.
  Vector<T> most = {}, zero = {};
  T largest = 0, rest = 0;
  std::size_t i = 0;
  for (; i + lanes<T> <= signal.size(); i += lanes<T>) {
    const Vector<T> x = load(signal.data() + i), magnitude = x > T(0) ? x : -x;
    most = magnitude > most ? magnitude : most;
    zero += T(0) * x;
  }
  for (; i < signal.size(); ++i) {
    largest = std::max(largest, std::abs(signal[i]));
    rest += T(0) * signal[i];
  }
  for (int l = 0; l < lanes<T>; ++l) {
    largest = std::max(largest, most[l]);
    rest += zero[l];
  }
  if (std::isnan(rest)) return {.exponent = 0, .finite = false};
  return {.exponent = largest > 0 ? std::ilogb(largest) + 1 : 0, .finite = true};
}
template Scale scale_of(std::span<const float>);
template Scale scale_of(std::span<const double>);

template <class T>
void subtract_atoms(const Dictionary<T>& dictionary, std::span<const std::int32_t> indices,
                    std::span<const T> values, std::span<double> r) {
  constexpr std::int64_t block = 64;  // so many sums stay in registers
  constexpr std::size_t ahead = 4;    // atoms lie apart: what is next has to be asked for
  const std::int64_t m = std::ssize(r);
  const MatrixView<const T> d = dictionary.matrix();
  std::int64_t first = 0;
  for (; first + block <= m; first += block) {
    double sums[block];
    std::copy_n(r.data() + first, block, sums);
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const T* atom = d.data + indices[i] * d.stride + first;
      const double z = values[i];
      if (i + ahead < indices.size())
        prefetch(block, d.data + indices[i + ahead] * d.stride + first);
      for (std::int64_t k = 0; k < block; ++k) sums[k] -= z * static_cast<double>(atom[k]);
    }
    std::copy_n(sums, block, r.data() + first);
  }
  for (std::size_t i = 0; i < indices.size(); ++i)
    axpy(m - first, -static_cast<double>(values[i]), d.data + indices[i] * d.stride + first,
         r.data() + first);
}
template void subtract_atoms(const Dictionary<float>&, std::span<const std::int32_t>,
                             std::span<const float>, std::span<double>);
template void subtract_atoms(const Dictionary<double>&, std::span<const std::int32_t>,
                             std::span<const double>, std::span<double>);

Certificate certify(const Sums& sums, double lambda, bool positive) {
  const double product = sums.residual + sums.correlation;  // y'r
  const double bound = sums.squared_dual > 0 ? lambda / std::sqrt(sums.squared_dual)
                                             : std::numeric_limits<double>::infinity();
  const double best = sums.residual > 0 ? product / sums.residual : 1;
  const double s = std::clamp(best, positive ? 0 : -bound, bound);
  const double gap = 0.5 * (1 - s) * (1 - s) * sums.residual + lambda * sums.penalty -
                     s * sums.correlation + std::abs(s) * sums.unpenalized;
  return {.objective = 0.5 * sums.residual + lambda * sums.penalty, .gap = std::max(gap, 0.0)};
}

double unscaled_gap(const Sums& sums, double lambda, double l2, double code, double shrunk) {
  const double product = sums.correlation + l2 * code;  // z'c
  return std::max(lambda * sums.penalty + l2 / 2 * code - product + shrunk / (2 * l2), 0.0);
}

}  // namespace striate::detail
