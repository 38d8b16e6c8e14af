// The two pointwise parts of an update, f_theta (equation 5 of zhao2025) and the normalisation
// (equation 6), what they have to do with the energy, and how a cue begins.
#pragma once

#include <complex>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "striate/memory/detail/stored_field.h"
#include "striate/memory/memory_settings.h"

namespace striate::detail {

// A memory's dynamics, nothing left to "auto".
struct Dynamics {
  Truncation truncation = Truncation::k_winners;
  std::int64_t k = 1;
  double theta = 0;
  Normalization normalization = Normalization::phase;
  bool cut_cue = false;  // to the k strongest units
  bool hold = false;     // a unit whose field is 0 stays as it is, as far as the truncation lets it
  Order order = Order::synchronous;
};

// The dynamics of step t of a recall: theta and k as its schedule says (RecallSettings).
Dynamics annealed(const Dynamics& dynamics, const RecallSettings& how, int t);
// The step from which on theta and k stay as they are.
inline int last_change_of(const RecallSettings& how) {
  return how.theta_start || how.k_start ? how.anneal_steps : 0;
}
// Step t may raise the energy whatever the theorem: z(t) is none of the states among which its
// update finds the best. It has more than k active units, or it is a cue with amplitudes (dynamic
// or phase_vector).
bool unbound(const Dynamics& dynamics, const RecallSettings& how, int t);
// The states t from which on energies compare with one another but not with those before: 0, those
// at which theta or k changes, and those after an unbound step.
std::vector<std::int32_t> baselines(const Dynamics& dynamics, const RecallSettings& how);

// Below this change a fixed point may swing by rounding alone.
template <class T>
constexpr double kRounding = 1000 * std::numeric_limits<T>::epsilon();

// The buffer of truncate().
struct Ranking {
  std::vector<std::int32_t> bits;                     // of squared moduli
  std::vector<std::pair<double, std::int32_t>> tied;  // squared moduli and units
};

// sum_i |z_i|
template <class T>
double activity(std::span<const std::complex<T>> z);

// f_theta: zeroes the units of u that do not stay. `activity`: of the state before (dynamic only).
template <class T>
void truncate(const Dynamics& dynamics, double activity, std::span<std::complex<T>> u,
              Ranking& ranking);
// Zeroes all but the k largest moduli, ties to the lower unit.
template <class T>
void keep_winners(std::int64_t k, std::span<std::complex<T>> u, Ranking& ranking);

// Where u is 0 it becomes a trace of z, weaker than any field.
template <class T>
std::complex<T> held(std::complex<T> z, std::complex<T> u);
template <class T>
void hold(std::span<const std::complex<T>> z, std::span<std::complex<T>> u);

// u / |u|, u not zero.
template <class T>
std::complex<T> phase_of(std::complex<T> u);
// False if all units are zero; u is then left alone.
template <class T>
bool normalize(Normalization normalization, std::span<std::complex<T>> u);

// z(0) from a cue: of unit norm (vector, phase_vector) or scaled so that the largest modulus is 1
// (phase: T1 and T2 want a state in the unit discs; amplitudes still say which units to trust).
// Where winners are covered the cue is cut first, so that the first step is; elsewhere it sees the
// whole cue, which identifies natural codes better. Asynchronous winners begin as phases: a unit
// that joined with modulus 1 would drown those that still have the cue's small amplitudes. False if
// the cue is zero.
template <class T>
bool start(const Dynamics& dynamics, std::span<std::complex<T>> z, Ranking& ranking);

// E(z), a its overlaps: -Phi(a), plus theta sum |z_i| (absolute, phase)
// or theta/2 (sum |z_i|)^2 (dynamic, phase).
template <class T>
double energy(const StoredField<T>& field, const Dynamics& dynamics,
              std::span<const std::complex<T>> z, std::span<const std::complex<T>> a);

// The statement that covers a recall, `relative` with phases only if synchronous.
Cover cover(bool convex, bool zero_diagonal, Truncation truncation, Normalization normalization,
            Order order = Order::synchronous);
template <class T>
double energy(double potential, const Dynamics& dynamics, std::span<const std::complex<T>> z);

}  // namespace striate::detail
