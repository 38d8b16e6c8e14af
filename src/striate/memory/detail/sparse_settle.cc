#include "striate/memory/detail/sparse_settle.h"

#include <cmath>
#include <limits>
#include <utility>

namespace striate::detail {

template <class T>
double change(UnitCode<T> z, UnitCode<T> y) {
  using Complex = std::complex<double>;
  double re = 0, im = 0, size = 0;
  // Calls f(z_i, y_i) for every unit of either.
  const auto merge = [&](auto f) {
    std::size_t i = 0, j = 0;
    while (i < z.active() || j < y.active()) {
      const bool first = j == y.active() || (i < z.active() && z.units[i] <= y.units[j]);
      const bool second = i == z.active() || (j < y.active() && y.units[j] <= z.units[i]);
      f(first ? Complex(z.values[i]) : Complex(), second ? Complex(y.values[j]) : Complex());
      i += first;
      j += second;
    }
  };
  merge([&](Complex a, Complex b) {
    re += a.real() * b.real() + a.imag() * b.imag();
    im += a.real() * b.imag() - a.imag() * b.real();
    size += std::norm(a);
  });
  const double modulus = std::hypot(re, im);
  const double c = modulus > 0 ? re / modulus : 1, s = modulus > 0 ? -im / modulus : 0;
  double difference = 0;
  merge([&](Complex a, Complex b) {
    const double x = c * b.real() - s * b.imag() - a.real();
    const double y = c * b.imag() + s * b.real() - a.imag();
    difference += x * x + y * y;
  });
  return size > 0 ? std::sqrt(difference / size) : std::numeric_limits<double>::infinity();
}

// Units of z where u is 0 get a trace of z.
template <class T>
void hold(UnitCode<T> z, SparseState<T>& u) {
  SparseState<T> all;
  for (std::size_t i = 0, j = 0; i < z.active() || j < u.active();) {
    const bool first = j == u.active() || (i < z.active() && z.units[i] <= u.units[j]);
    const bool second = i == z.active() || (j < u.active() && u.units[j] <= z.units[i]);
    all.push(first ? z.units[i] : u.units[j], held(first ? z.values[i] : std::complex<T>(0),
                                                   second ? u.values[j] : std::complex<T>(0)));
    i += first;
    j += second;
  }
  std::swap(u, all);
}

template <class T>
Settled settle_sparse(const PatternField<T>& field, const Dynamics& dynamics,
                      const RecallSettings& how, SparseBuffers<T>& buffers,
                      const std::function<void(int step)>& watch) {
  auto& [z, u, before, seen] = buffers;
  const int last_change = last_change_of(how);
  Ending ending = start(annealed(dynamics, how, 0), std::span(z.values), seen.ranking)
                      ? Ending::step_limit
                      : Ending::silent;
  z.drop_zeros();
  for (int t = 0;; ++t) {
    const bool last = t == how.max_steps || ending != Ending::step_limit;
    seen.hits.clear();
    if (last || how.trace || field.looks()) field.look(z.view(), seen);  // a = Z^H z(t)
    if (watch && (t == 0 || how.trace)) watch(t);
    if (last) return {ending, t};

    const Dynamics now = annealed(dynamics, how, t);
    field.field(z.view(), seen, u);  // u = J z(t)
    if (now.hold) hold(z.view(), u);
    const double active = now.truncation == Truncation::dynamic
                              ? activity(std::span<const std::complex<T>>(z.values))
                              : 0;
    truncate(now, active, std::span(u.values), seen.ranking);  // u = f_theta(u)
    u.drop_zeros();
    const bool alive = normalize(now.normalization, std::span(u.values));
    u.drop_zeros();

    const double moved = change(z.view(), u.view());
    if (!alive) ending = Ending::silent;
    else if (t < last_change) ending = Ending::step_limit;  // theta or k has yet to change
    else if (moved <= how.tolerance) ending = Ending::settled;
    else if (t > last_change && moved > kRounding<T> &&
             change(before.view(), u.view()) <= how.tolerance)
      ending = Ending::cycle;
    std::swap(before, z);
    std::swap(z, u);  // z(t + 1)
  }
}

#define STRIATE_INSTANTIATE(T)                                                                   \
  template double change(UnitCode<T>, UnitCode<T>);                                              \
  template Settled settle_sparse(const PatternField<T>&, const Dynamics&, const RecallSettings&, \
                                 SparseBuffers<T>&, const std::function<void(int)>&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::detail
