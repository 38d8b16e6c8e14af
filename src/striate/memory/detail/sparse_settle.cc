#include "striate/memory/detail/sparse_settle.h"

#include <cmath>
#include <limits>
#include <utility>

namespace striate::detail {
namespace {

// Below this change a fixed point may swing by rounding alone.
template <class T>
constexpr double kRounding = 1000 * std::numeric_limits<T>::epsilon();

}  // namespace

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

template <class T>
Settled settle_sparse(const PatternField<T>& field, const Dynamics& dynamics, int max_steps,
                      double tolerance, SparseBuffers<T>& buffers,
                      const std::function<void()>& watch) {
  auto& [z, u, before, seen] = buffers;
  Ending ending =
      start(dynamics, std::span(z.values), seen.ranking) ? Ending::step_limit : Ending::silent;
  z.drop_zeros();
  for (int t = 0;; ++t) {
    const bool last = t == max_steps || ending != Ending::step_limit;
    if (last || watch || field.looks()) field.look(z.view(), seen);  // a = Z^H z(t)
    if (watch) watch();
    if (last) return {ending, t};

    field.field(z.view(), seen, u);  // u = J z(t)
    const double active = dynamics.truncation == Truncation::dynamic
                              ? activity(std::span<const std::complex<T>>(z.values))
                              : 0;
    truncate(dynamics, active, std::span(u.values), seen.ranking);  // u = f_theta(u)
    u.drop_zeros();
    const bool alive = normalize(dynamics.normalization, std::span(u.values));
    u.drop_zeros();

    const double moved = change(z.view(), u.view());
    if (!alive) ending = Ending::silent;
    else if (moved <= tolerance) ending = Ending::settled;
    else if (t > 0 && moved > kRounding<T> && change(before.view(), u.view()) <= tolerance)
      ending = Ending::cycle;
    std::swap(before, z);
    std::swap(z, u);  // z(t + 1)
  }
}

#define STRIATE_INSTANTIATE(T)                                                         \
  template double change(UnitCode<T>, UnitCode<T>);                                    \
  template Settled settle_sparse(const PatternField<T>&, const Dynamics&, int, double, \
                                 SparseBuffers<T>&, const std::function<void()>&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::detail
