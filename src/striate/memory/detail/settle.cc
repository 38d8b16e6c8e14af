#include "striate/memory/detail/settle.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "striate/core/random.h"

namespace striate::detail {
namespace {

// || e^{-i phi} y - z || / || z ||, phi the phase of z^H y: how far apart two states of a ring are.
template <class T>
double change(std::span<const std::complex<T>> z, std::span<const std::complex<T>> y) {
  std::complex<double> product;
  double size = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    product += std::conj(std::complex<double>(z[i])) * std::complex<double>(y[i]);
    size += std::norm(std::complex<double>(z[i]));
  }
  const double modulus = std::abs(product);
  const std::complex<double> turn = modulus > 0 ? std::conj(product) / modulus : 1.0;
  double difference = 0;
  for (std::size_t i = 0; i < z.size(); ++i)
    difference += std::norm(turn * std::complex<double>(y[i]) - std::complex<double>(z[i]));
  return size > 0 ? std::sqrt(difference / size) : std::numeric_limits<double>::infinity();
}

// u = f_theta(J z), normalised: all units at once.
template <class T>
bool update_together(const StoredField<T>& field, const Dynamics& dynamics,
                     SettleBuffers<T>& buffers) {
  auto& [z, u, before, a, h, ranking] = buffers;
  h = a;
  field.weigh(h);        // g(a)
  field.apply(h, z, u);  // J z(t)
  if (dynamics.hold) hold(std::span<const std::complex<T>>(z), std::span(u));
  truncate(dynamics, activity(std::span<const std::complex<T>>(z)), std::span(u), ranking);  // f
  return normalize(dynamics.normalization, std::span(u));
}

// u = z, its units updated one after another.
template <class T>
bool update_in_turn(const StoredField<T>& field, const UnitCodes<T>& postings,
                    const Dynamics& dynamics, const RecallSettings& how, int t,
                    SettleBuffers<T>& buffers) {
  auto& [z, u, before, a, h, ranking] = buffers;
  std::vector<std::int64_t> order(z.size());
  if (how.order_seed)
    order = permutation(field.units(), Random(static_cast<std::uint64_t>(*how.order_seed),
                                              stream("order"), static_cast<std::uint64_t>(t)));
  else std::iota(order.begin(), order.end(), std::int64_t{0});
  u = z;
  return update_units(field, postings, dynamics, std::span<const std::int64_t>(order), std::span(u),
                      std::span(a), std::span(h));
}

// u = (J + c I) z of as many winners as z has units: the update of T2, c making J semi-definite.
template <class T>
bool update_shifted(const StoredField<T>& field, Normalization normalization,
                    SettleBuffers<T>& buffers) {
  auto& [z, u, before, a, h, ranking] = buffers;
  h = a;
  field.weigh(h);
  field.apply(h, z, u);
  std::int64_t active = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    active += z[i] != std::complex<T>(0);
    u[i] += field.shift() * z[i];
  }
  keep_winners(active, std::span(u), ranking);
  return normalize(normalization, std::span(u));
}

// E(u) < E(z), or u is z but for rounding.
template <class T>
bool descends(const StoredField<T>& field, const Dynamics& dynamics, SettleBuffers<T>& buffers) {
  using Fixed = std::span<const std::complex<T>>;
  auto& [z, u, before, a, h, ranking] = buffers;
  if (change(Fixed(z), Fixed(u)) <= kRounding<T>) return true;
  field.overlaps(u, h);
  return energy(field, dynamics, Fixed(u), Fixed(h)) < energy(field, dynamics, Fixed(z), Fixed(a));
}

}  // namespace

template <class T>
Settled settle(const StoredField<T>& field, const UnitCodes<T>& postings, const Dynamics& dynamics,
               const RecallSettings& how, SettleBuffers<T>& buffers,
               const std::function<void()>& watch) {
  std::vector<std::complex<T>>&z = buffers.z, &u = buffers.u, &before = buffers.before;
  using State = std::span<std::complex<T>>;
  using Fixed = std::span<const std::complex<T>>;
  const int last_change = last_change_of(how);

  Ending ending = start(annealed(dynamics, how, 0), State(z), buffers.ranking) ? Ending::step_limit
                                                                               : Ending::silent;
  for (int t = 0;; ++t) {
    field.overlaps(z, buffers.a);  // a = Z^H z(t)
    if (watch) watch();
    if (t == how.max_steps || ending != Ending::step_limit) return {ending, t};

    const Dynamics now = annealed(dynamics, how, t);
    bool in_turn = now.order == Order::asynchronous;
    bool alive = !in_turn && update_together(field, now, buffers);
    const auto returns = [&] {
      return t > last_change && change(Fixed(z), Fixed(u)) > kRounding<T> &&
             change(Fixed(before), Fixed(u)) <= how.tolerance;
    };
    if (now.order == Order::monotone && !unbound(dynamics, how, t) &&
        (returns() || !descends(field, now, buffers))) {
      in_turn = now.normalization == Normalization::phase;
      if (!in_turn) alive = update_shifted(field, now.normalization, buffers);
    }
    if (in_turn) alive = update_in_turn(field, postings, now, how, t, buffers);

    const double moved = change(Fixed(z), Fixed(u));
    if (!alive) ending = Ending::silent;
    else if (t < last_change) ending = Ending::step_limit;  // theta or k has yet to change
    else if (moved <= how.tolerance) ending = Ending::settled;
    else if (returns()) ending = Ending::cycle;
    before.swap(z);
    z.swap(u);  // z(t + 1)
  }
}

template Settled settle(const StoredField<float>&, const UnitCodes<float>&, const Dynamics&,
                        const RecallSettings&, SettleBuffers<float>&, const std::function<void()>&);
template Settled settle(const StoredField<double>&, const UnitCodes<double>&, const Dynamics&,
                        const RecallSettings&, SettleBuffers<double>&,
                        const std::function<void()>&);

}  // namespace striate::detail
