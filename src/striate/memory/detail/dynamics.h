// The two pointwise parts of an update, f_theta (equation 5 of zhao2025) and the normalisation
// (equation 6), what they have to do with the energy, and how a cue begins.
#pragma once

#include <complex>
#include <cstdint>
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
};

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

// False if all units are zero; u is then left alone.
template <class T>
bool normalize(Normalization normalization, std::span<std::complex<T>> u);

// z(0) from a cue: of unit norm (vector, phase_vector) or scaled so that the largest modulus is 1
// (phase: T1 and T2 want a state in the unit discs; amplitudes still say which units to trust).
// Where T2 holds the cue is cut first, so that it holds from the first step; elsewhere the first
// step sees the whole cue, which identifies natural codes better. False if the cue is zero.
template <class T>
bool start(const Dynamics& dynamics, std::span<std::complex<T>> z, Ranking& ranking);

// E(z), a its overlaps: -Phi(a), plus theta sum |z_i| (absolute, phase)
// or theta/2 (sum |z_i|)^2 (dynamic, phase).
template <class T>
double energy(const StoredField<T>& field, const Dynamics& dynamics,
              std::span<const std::complex<T>> z, std::span<const std::complex<T>> a);

template <class T>
double energy(double potential, const Dynamics& dynamics, std::span<const std::complex<T>> z);

// The theorem that holds for synchronous updates.
Cover cover(bool convex, bool zero_diagonal, Truncation truncation, Normalization normalization);

}  // namespace striate::detail
