#include "striate/memory/detail/recall_plain.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace striate::detail {
namespace {

double norm_of(const PlainVector& z) {
  double sum = 0;
  for (const auto& x : z) sum += std::norm(x);
  return std::sqrt(sum);
}

double sum_of_moduli(const PlainVector& z) {
  double sum = 0;
  for (const auto& x : z) sum += std::abs(x);
  return sum;
}

double largest_modulus(const PlainVector& z) {
  double largest = 0;
  for (const auto& x : z) largest = std::max(largest, std::abs(x));
  return largest;
}

PlainVector winners(PlainVector u, std::int64_t k) {
  std::vector<std::size_t> order(u.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order,
                           [&](auto i, auto j) { return std::norm(u[i]) > std::norm(u[j]); });
  for (std::size_t rank = static_cast<std::size_t>(k); rank < u.size(); ++rank) u[order[rank]] = 0;
  return u;
}

PlainVector divided(PlainVector z, double divisor) {
  for (auto& x : z) x /= divisor;
  return z;
}

PlainVector phases(PlainVector z) {
  for (auto& x : z)
    if (x != 0.0) x /= std::abs(x);
  return z;
}

PlainVector stored(const PlainMemory& memory, const PlainVector& pattern) {
  return memory.form == PatternForm::phasor ? phases(winners(pattern, memory.k))
                                            : divided(pattern, norm_of(pattern));
}

double threshold_of(const PlainMemory& memory, const PlainVector& z, const PlainVector& u) {
  if (memory.truncation == Truncation::relative) return memory.theta * largest_modulus(u);
  if (memory.truncation == Truncation::dynamic) return memory.theta * sum_of_moduli(z);
  return memory.theta;
}

PlainVector truncated(const PlainMemory& memory, const PlainVector& z, PlainVector u) {
  if (memory.truncation == Truncation::k_winners) return winners(u, memory.k);
  const double threshold = threshold_of(memory, z, u);
  for (auto& x : u)
    if (std::abs(x) <= threshold) x = 0;
  return u;
}

double clearance_of(const PlainMemory& memory, const PlainVector& z, const PlainVector& u) {
  std::vector<double> moduli;
  for (const auto& x : u) moduli.push_back(std::abs(x));
  std::ranges::sort(moduli, std::greater());
  const double largest = moduli.empty() ? 0 : moduli[0];
  if (largest == 0) return 1;
  double least = largest;
  if (memory.truncation == Truncation::k_winners) {
    const auto k = static_cast<std::size_t>(memory.k);
    if (k < moduli.size() && moduli[k - 1] > 0) least = moduli[k - 1] - moduli[k];
  } else {
    const double threshold = threshold_of(memory, z, u);
    for (const double modulus : moduli) least = std::min(least, std::abs(modulus - threshold));
  }
  return least / largest;
}

PlainVector normalised(const PlainMemory& memory, const PlainVector& u) {
  if (memory.normalization == Normalization::phase) return phases(u);
  if (memory.normalization == Normalization::vector) return divided(u, norm_of(u));
  const PlainVector z = phases(u);
  return divided(z, norm_of(z));
}

PlainVector first_state(const PlainMemory& memory, PlainVector cue) {
  if (memory.cut_cue) cue = winners(cue, memory.k);
  return divided(
      cue, memory.normalization == Normalization::phase ? largest_modulus(cue) : norm_of(cue));
}

PlainVector times(const std::vector<PlainVector>& j, const PlainVector& z) {
  PlainVector u(z.size());
  for (std::size_t row = 0; row < z.size(); ++row)
    for (std::size_t column = 0; column < z.size(); ++column) u[row] += j[row][column] * z[column];
  return u;
}

double energy_of(const PlainMemory& memory, const std::vector<PlainVector>& j,
                 const PlainVector& z) {
  const PlainVector u = times(j, z);
  double energy = 0;
  for (std::size_t i = 0; i < z.size(); ++i) energy -= 0.5 * (std::conj(z[i]) * u[i]).real();
  const double activity = sum_of_moduli(z);
  if (memory.normalization == Normalization::phase) {
    if (memory.truncation == Truncation::absolute) energy += memory.theta * activity;
    if (memory.truncation == Truncation::dynamic) energy += memory.theta / 2 * activity * activity;
  }
  return energy;
}

}  // namespace

std::vector<PlainVector> plain_weights(const PlainMemory& memory) {
  const std::size_t n = memory.patterns.empty() ? 0 : memory.patterns.front().size();
  std::vector<PlainVector> j(n, PlainVector(n));
  for (std::size_t p = 0; p < memory.patterns.size(); ++p) {
    const PlainVector z = stored(memory, memory.patterns[p]);
    const double weight = memory.weights.empty() ? 1 : memory.weights[p];
    for (std::size_t row = 0; row < n; ++row)
      for (std::size_t column = 0; column < n; ++column)
        j[row][column] += weight * z[row] * std::conj(z[column]);
  }
  if (memory.zero_diagonal)
    for (std::size_t i = 0; i < n; ++i) j[i][i] = 0;
  return j;
}

PlainRecall recall_plain(const PlainMemory& memory, const PlainVector& cue, int steps) {
  const std::vector<PlainVector> j = plain_weights(memory);
  PlainRecall recall;
  recall.states.push_back(first_state(memory, cue));
  recall.energies.push_back(energy_of(memory, j, recall.states.back()));
  for (int t = 0; t < steps && norm_of(recall.states.back()) > 0; ++t) {
    const PlainVector& z = recall.states.back();
    const PlainVector field = times(j, z);
    const PlainVector u = truncated(memory, z, field);
    recall.clearance = std::min(recall.clearance, clearance_of(memory, z, field));
    recall.states.push_back(norm_of(u) > 0 ? normalised(memory, u) : u);
    recall.energies.push_back(energy_of(memory, j, recall.states.back()));
  }
  return recall;
}

}  // namespace striate::detail
