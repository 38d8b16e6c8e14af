#include "striate/memory/detail/dynamics.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace striate::detail {
namespace {

// From `start` to `end`, evenly over the steps 0 to `steps`.
double between(double start, double end, int t, int steps) {
  return t < steps ? start + (end - start) * t / steps : end;
}

template <class T>
double squared_modulus(std::complex<T> z) {
  return double(z.real()) * double(z.real()) + double(z.imag()) * double(z.imag());
}

template <class T>
double largest_squared_modulus(std::span<const std::complex<T>> z) {
  double largest = 0;
  for (const std::complex<T>& x : z) largest = std::max(largest, squared_modulus(x));
  return largest;
}

template <class T>
void keep_above(double threshold, std::span<std::complex<T>> u) {
  for (std::complex<T>& x : u)
    if (!(squared_modulus(x) > threshold * threshold)) x = 0;
}

template <class T>
bool scale_to_unit_norm(std::span<std::complex<T>> u) {
  double sum = 0;
  for (const std::complex<T>& x : u) sum += squared_modulus(x);
  if (sum == 0) return false;
  const T factor = static_cast<T>(1 / std::sqrt(sum));
  for (std::complex<T>& x : u) x *= factor;
  return true;
}

template <class T>
bool scale_to_phases(std::span<std::complex<T>> u) {
  bool any = false;
  for (std::complex<T>& x : u) {
    if (x == std::complex<T>(0)) continue;
    x = phase_of(x);
    any = true;
  }
  return any;
}

}  // namespace

Dynamics annealed(const Dynamics& dynamics, const RecallSettings& how, int t) {
  Dynamics now = dynamics;
  if (how.theta_start) now.theta = between(*how.theta_start, dynamics.theta, t, how.anneal_steps);
  if (how.k_start)
    now.k = std::lround(between(static_cast<double>(*how.k_start), static_cast<double>(dynamics.k),
                                t, how.anneal_steps));
  return now;
}

bool unbound(const Dynamics& dynamics, const RecallSettings& how, int t) {
  if (t > 0) return annealed(dynamics, how, t).k < annealed(dynamics, how, t - 1).k;
  if (dynamics.order == Order::synchronous) return false;
  return dynamics.normalization == Normalization::phase_vector ||
         (dynamics.normalization == Normalization::phase &&
          dynamics.truncation == Truncation::dynamic);
}

std::vector<std::int32_t> baselines(const Dynamics& dynamics, const RecallSettings& how) {
  std::vector<std::int32_t> found = {0};
  for (int t = 1; t <= how.max_steps; ++t) {
    const Dynamics now = annealed(dynamics, how, t), before = annealed(dynamics, how, t - 1);
    if (now.theta != before.theta || now.k != before.k || unbound(dynamics, how, t - 1))
      found.push_back(t);
  }
  return found;
}

template <class T>
std::complex<T> phase_of(std::complex<T> u) {
  const double modulus = std::sqrt(squared_modulus(u));
  return {static_cast<T>(u.real() / modulus), static_cast<T>(u.imag() / modulus)};
}

template <class T>
double activity(std::span<const std::complex<T>> z) {
  double sum = 0;
  for (const std::complex<T>& x : z) sum += std::sqrt(squared_modulus(x));
  return sum;
}

// Squared moduli in float, whose bits rise with them, are bisected for the k-th largest; only units
// that share its float are compared exactly.
template <class T>
void keep_winners(std::int64_t k, std::span<std::complex<T>> u, Ranking& ranking) {
  std::vector<std::int32_t>& bits = ranking.bits;
  std::vector<std::pair<double, std::int32_t>>& tied = ranking.tied;
  bits.resize(u.size());
  for (std::size_t i = 0; i < u.size(); ++i) {
    const double r = squared_modulus(u[i]);
    const std::int32_t positive = r > 0;  // not 0, not NaN
    bits[i] = positive * (std::bit_cast<std::int32_t>(static_cast<float>(r)) + 1);
  }
  std::int32_t most = 0, active = 0;
  for (const std::int32_t x : bits) {
    most = std::max(most, x);
    active += x > 0;
  }
  T* reals = reinterpret_cast<T*>(u.data());
  const auto keep_from = [&](std::int32_t bound) {
    for (std::size_t i = 0; i < bits.size(); ++i) {
      const bool keep = bits[i] >= bound;
      reals[2 * i] = keep ? reals[2 * i] : T(0);
      reals[2 * i + 1] = keep ? reals[2 * i + 1] : T(0);
    }
  };
  if (active <= k) return keep_from(1);
  const auto at_least = [&](std::int32_t bound) {
    std::int32_t count = 0;
    for (const std::int32_t x : bits) count += x >= bound;
    return std::int64_t{count};
  };
  std::int32_t low = 0, high = most + 1;  // at_least(low) >= k > at_least(high)
  std::int64_t above = 0;                 // at_least(high)
  while (high - low > 1) {
    const std::int32_t middle = low + (high - low) / 2;
    const std::int64_t count = at_least(middle);
    if (count >= k) low = middle;
    else {
      high = middle;
      above = count;
    }
    if (count == k) break;
  }
  keep_from(low);
  if (high - low > 1 || at_least(low) == k) return;
  tied.clear();
  for (std::size_t i = 0; i < u.size(); ++i)
    if (bits[i] == low) tied.emplace_back(squared_modulus(u[i]), static_cast<std::int32_t>(i));
  std::ranges::sort(tied, [](const auto& a, const auto& b) {
    return a.first > b.first || (a.first == b.first && a.second < b.second);
  });
  for (auto loser = static_cast<std::size_t>(k - above); loser < tied.size(); ++loser)
    u[static_cast<std::size_t>(tied[loser].second)] = 0;
}

template <class T>
void truncate(const Dynamics& dynamics, double activity, std::span<std::complex<T>> u,
              Ranking& ranking) {
  switch (dynamics.truncation) {
    case Truncation::k_winners:
      return keep_winners(dynamics.k, u, ranking);
    case Truncation::absolute:
      return keep_above(dynamics.theta, u);
    case Truncation::relative:
      return keep_above(
          dynamics.theta * std::sqrt(largest_squared_modulus(std::span<const std::complex<T>>(u))),
          u);
    case Truncation::dynamic:
      return keep_above(dynamics.theta * activity, u);
  }
}

template <class T>
std::complex<T> held(std::complex<T> z, std::complex<T> u) {
  const T trace = std::sqrt(std::numeric_limits<T>::min());  // its square is not 0
  return u == std::complex<T>(0) ? trace * z : u;
}

template <class T>
void hold(std::span<const std::complex<T>> z, std::span<std::complex<T>> u) {
  for (std::size_t i = 0; i < u.size(); ++i) u[i] = held(z[i], u[i]);
}

template <class T>
bool normalize(Normalization normalization, std::span<std::complex<T>> u) {
  switch (normalization) {
    case Normalization::phase:
      return scale_to_phases(u);
    case Normalization::phase_vector:
      scale_to_phases(u);
      return scale_to_unit_norm(u);
    default:
      return scale_to_unit_norm(u);
  }
}

template <class T>
bool start(const Dynamics& dynamics, std::span<std::complex<T>> z, Ranking& ranking) {
  // First into the unit discs, where no square overflows.
  double largest = 0;
  for (const std::complex<T>& x : z)
    largest = std::max(largest, std::hypot(double(x.real()), double(x.imag())));
  if (largest == 0) return false;
  for (std::complex<T>& x : z)
    x = {static_cast<T>(x.real() / largest), static_cast<T>(x.imag() / largest)};
  if (dynamics.cut_cue) keep_winners(dynamics.k, z, ranking);
  if (dynamics.order == Order::asynchronous && dynamics.cut_cue) return scale_to_phases(z);
  if (dynamics.normalization == Normalization::phase) return true;
  return scale_to_unit_norm(z);
}

template <class T>
double energy(double potential, const Dynamics& dynamics, std::span<const std::complex<T>> z) {
  double e = -potential;
  if (dynamics.normalization == Normalization::phase) {
    if (dynamics.truncation == Truncation::absolute) e += dynamics.theta * activity(z);
    if (dynamics.truncation == Truncation::dynamic)
      e += 0.5 * dynamics.theta * activity(z) * activity(z);
  }
  return e;
}

template <class T>
double energy(const StoredField<T>& field, const Dynamics& dynamics,
              std::span<const std::complex<T>> z, std::span<const std::complex<T>> a) {
  return energy(field.potential(z, a), dynamics, z);
}

Cover cover(bool convex, bool zero_diagonal, Truncation truncation, Normalization normalization,
            Order order) {
  if (!convex) return Cover::none;
  const bool phase = normalization == Normalization::phase;
  const bool vector = normalization == Normalization::vector;
  if (!zero_diagonal && order != Order::asynchronous) {
    if (truncation == Truncation::k_winners && (phase || vector)) return Cover::t2;
    if (truncation == Truncation::absolute && phase) return Cover::t1;
  }
  if (order != Order::synchronous) return phase ? Cover::async : Cover::t2;
  return vector && !zero_diagonal ? Cover::t3_partial : Cover::none;
}

#define STRIATE_INSTANTIATE(T)                                                                     \
  template double activity(std::span<const std::complex<T>>);                                      \
  template void truncate(const Dynamics&, double, std::span<std::complex<T>>, Ranking&);           \
  template void keep_winners(std::int64_t, std::span<std::complex<T>>, Ranking&);                  \
  template void hold(std::span<const std::complex<T>>, std::span<std::complex<T>>);                \
  template std::complex<T> held(std::complex<T>, std::complex<T>);                                 \
  template std::complex<T> phase_of(std::complex<T>);                                              \
  template bool normalize(Normalization, std::span<std::complex<T>>);                              \
  template bool start(const Dynamics&, std::span<std::complex<T>>, Ranking&);                      \
  template double energy(double, const Dynamics&, std::span<const std::complex<T>>);               \
  template double energy(const StoredField<T>&, const Dynamics&, std::span<const std::complex<T>>, \
                         std::span<const std::complex<T>>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::detail
