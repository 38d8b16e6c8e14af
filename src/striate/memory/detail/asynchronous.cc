#include "striate/memory/detail/asynchronous.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

namespace striate::detail {
namespace {

// A state whose units change one at a time, and what is needed for the field of any of them.
template <class T>
class FollowedState {
 public:
  using Complex = std::complex<T>;
  FollowedState(const StoredField<T>& field, const UnitCodes<T>& postings, bool hold,
                std::span<Complex> z, std::span<Complex> a, std::span<Complex> h)
      : field_(field), postings_(postings), hold_(hold), z_(z), a_(a), h_(h) {
    weigh();
  }

  Complex operator[](std::int64_t unit) const { return z_[static_cast<std::size_t>(unit)]; }

  Complex field_of(std::int64_t unit) {
    if (stale_) weigh();
    const UnitCode<T> own = postings_[unit];
    Complex u = 0;
    for (std::size_t i = 0; i < own.active(); ++i) {
      const Complex h = h_[static_cast<std::size_t>(own.units[i])], c = own.values[i];
      u += Complex(h.real() * c.real() - h.imag() * c.imag(),
                   h.real() * c.imag() + h.imag() * c.real());
    }
    const Complex z = (*this)[unit];
    u = field_.of_unit(unit, u, z);
    return hold_ ? held(z, u) : u;
  }

  // False if the unit has this value already.
  bool set(std::int64_t unit, Complex value) {
    const Complex d = value - (*this)[unit];
    if (d == Complex(0)) return false;
    z_[static_cast<std::size_t>(unit)] = value;
    const UnitCode<T> own = postings_[unit];
    for (std::size_t i = 0; i < own.active(); ++i) {
      const Complex c = own.values[i];
      const auto p = static_cast<std::size_t>(own.units[i]);
      a_[p] += Complex(c.real() * d.real() + c.imag() * d.imag(),
                       c.real() * d.imag() - c.imag() * d.real());
      if (field_.separable()) h_[p] = field_.weighed(own.units[i], a_[p]);
    }
    stale_ = !field_.separable();
    return true;
  }

 private:
  void weigh() {
    std::ranges::copy(a_, h_.begin());
    field_.weigh(h_);
    stale_ = false;
  }

  const StoredField<T>& field_;
  const UnitCodes<T>& postings_;
  bool hold_;
  std::span<Complex> z_, a_, h_;
  bool stale_ = false;  // h is not of these overlaps
};

template <class T>
double modulus(std::complex<T> x) {
  return std::abs(std::complex<double>(x));
}

template <class T>
void update_thresholded(const Dynamics& dynamics, std::span<const std::int64_t> order, double sum,
                        FollowedState<T>& state) {
  for (const std::int64_t unit : order) {
    const double others = std::max(0.0, sum - modulus(state[unit]));
    const double threshold = dynamics.truncation == Truncation::dynamic
                                 ? dynamics.theta * (others + 0.5)
                                 : dynamics.theta;
    const std::complex<T> u = state.field_of(unit);
    state.set(unit, modulus(u) > threshold ? phase_of(u) : std::complex<T>(0));
    sum = others + modulus(state[unit]);
  }
}

// The active unit with the weakest field, of equals the last.
template <class T>
struct Weakest {
  std::int64_t unit = -1;
  double field = 0;
  Weakest(std::int64_t units, FollowedState<T>& state) {
    for (std::int64_t j = 0; j < units; ++j) {
      if (state[j] == std::complex<T>(0)) continue;
      if (const double u = modulus(state.field_of(j)); unit < 0 || u <= field) unit = j, field = u;
    }
  }
};

template <class T>
void update_winners(std::int64_t k, bool zero_diagonal, std::span<const std::int64_t> order,
                    FollowedState<T>& state) {
  using Complex = std::complex<T>;
  // Units that are equal but for rounding do not replace each other.
  constexpr double more = 1 + 64 * std::numeric_limits<T>::epsilon();
  const auto units = static_cast<std::int64_t>(order.size());
  std::int64_t active =
      std::ranges::count_if(order, [&](std::int64_t unit) { return state[unit] != Complex(0); });
  for (; active > k; --active) state.set(Weakest<T>(units, state).unit, 0);
  std::optional<Weakest<T>> weakest;  // of the state as it is
  for (const std::int64_t unit : order) {
    const bool was_active = state[unit] != Complex(0);
    if (was_active || active < k) {
      const Complex u = state.field_of(unit);
      if (!state.set(unit, u == Complex(0) ? u : phase_of(u))) continue;
      weakest.reset();
      active += int(u != Complex(0)) - int(was_active);
    } else if (k > 0) {
      if (!weakest) weakest.emplace(units, state);
      const auto [other, least] = *weakest;
      const Complex before = state[other];
      // Without the diagonal the change of energy is known exactly once the other unit is out; with
      // it the field before bounds the change from above (the inequality of convex potentials).
      if (zero_diagonal) state.set(other, 0);
      const Complex u = state.field_of(unit);
      if (modulus(u) > more * least) {
        state.set(other, 0);
        state.set(unit, phase_of(u));
        weakest.reset();
      } else {
        state.set(other, before);
      }
    }
  }
}

}  // namespace

template <class T>
UnitCodes<T> postings_of(const UnitCodes<T>& codes) {
  std::vector<std::vector<std::int32_t>> patterns(static_cast<std::size_t>(codes.units()));
  std::vector<std::vector<std::complex<T>>> values(patterns.size());
  for (std::int64_t p = 0; p < codes.size(); ++p)
    for (std::size_t i = 0; i < codes[p].active(); ++i) {
      const auto unit = static_cast<std::size_t>(codes[p].units[i]);
      patterns[unit].push_back(static_cast<std::int32_t>(p));
      values[unit].push_back(codes[p].values[i]);
    }
  UnitCodes<T> postings(codes.size());
  for (std::size_t unit = 0; unit < patterns.size(); ++unit)
    postings.append({patterns[unit], values[unit]});
  return postings;
}

template <class T>
bool update_units(const StoredField<T>& field, const UnitCodes<T>& postings,
                  const Dynamics& dynamics, std::span<const std::int64_t> order,
                  std::span<std::complex<T>> z, std::span<std::complex<T>> a,
                  std::span<std::complex<T>> h) {
  FollowedState<T> state(field, postings, dynamics.hold, z, a, h);
  if (dynamics.truncation == Truncation::k_winners)
    update_winners(dynamics.k, field.zero_diagonal(), order, state);
  else update_thresholded(dynamics, order, activity(std::span<const std::complex<T>>(z)), state);
  return std::ranges::any_of(z, [](std::complex<T> x) { return x != std::complex<T>(0); });
}

#define STRIATE_INSTANTIATE(T)                                                            \
  template UnitCodes<T> postings_of(const UnitCodes<T>&);                                 \
  template bool update_units(const StoredField<T>&, const UnitCodes<T>&, const Dynamics&, \
                             std::span<const std::int64_t>, std::span<std::complex<T>>,   \
                             std::span<std::complex<T>>, std::span<std::complex<T>>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::detail
