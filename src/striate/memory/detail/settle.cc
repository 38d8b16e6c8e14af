#include "striate/memory/detail/settle.h"

#include <cmath>
#include <limits>

namespace striate::detail {
namespace {

// Below this change a fixed point may swing by rounding alone.
template <class T>
constexpr double kRounding = 1000 * std::numeric_limits<T>::epsilon();

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

}  // namespace

template <class T>
Settled settle(const StoredField<T>& field, const Dynamics& dynamics, int max_steps,
               double tolerance, SettleBuffers<T>& buffers, const std::function<void()>& watch) {
  auto& [z, u, before, a, h, ranking] = buffers;
  using State = std::span<std::complex<T>>;
  using Fixed = std::span<const std::complex<T>>;

  Ending ending = start(dynamics, State(z), ranking) ? Ending::step_limit : Ending::silent;
  for (int t = 0;; ++t) {
    field.overlaps(z, a);  // a = Z^H z(t)
    if (watch) watch();
    if (t == max_steps || ending != Ending::step_limit) return {ending, t};

    h = a;
    field.weigh(h);        // g(a)
    field.apply(h, z, u);  // u = J z(t)
    if (dynamics.hold) hold(Fixed(z), State(u));
    truncate(dynamics, activity(Fixed(z)), State(u), ranking);  // u = f_theta(u)
    const bool alive = normalize(dynamics.normalization, State(u));

    const double moved = change(Fixed(z), Fixed(u));
    if (!alive) ending = Ending::silent;
    else if (moved <= tolerance) ending = Ending::settled;
    else if (t > 0 && moved > kRounding<T> && change(Fixed(before), Fixed(u)) <= tolerance)
      ending = Ending::cycle;
    before.swap(z);
    z.swap(u);  // z(t + 1)
  }
}

template Settled settle(const StoredField<float>&, const Dynamics&, int, double,
                        SettleBuffers<float>&, const std::function<void()>&);
template Settled settle(const StoredField<double>&, const Dynamics&, int, double,
                        SettleBuffers<double>&, const std::function<void()>&);

}  // namespace striate::detail
