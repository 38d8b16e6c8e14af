// Problem    one unit of a state after another, each seeing what the others have become
// Update     u_i = sum_p Z_ip g(a)_p;  z_i <- u_i / |u_i| or 0;  a_p += conj(Z_ip) d
// Symbols    d the change of z_i; p runs over the postings of i, the patterns that hold unit i
// Cost       per unit its postings; a rule that is not separable weighs P overlaps per change
// Source     hopfield1982; why the energy never rises: docs/algorithms/memory.md
//
// absolute   on if |u_i| > theta
// dynamic    on if |u_i| > theta (A + 1/2), A the activity of the other units
// k_winners  an active unit takes the phase of its field; a silent one joins while fewer than k are
//            active, later it replaces the active unit of the weakest field if its own is stronger
#pragma once

#include <complex>
#include <cstdint>
#include <span>

#include "striate/memory/detail/dynamics.h"
#include "striate/memory/detail/stored_field.h"

namespace striate::detail {

// Z^H as codes: code i holds the patterns of unit i and their values there.
template <class T>
UnitCodes<T> postings_of(const UnitCodes<T>& codes);

// Updates the units of z (normalization phase) in the order given. a: the overlaps of z, followed
// along; h is a buffer. False if all units are zero then.
template <class T>
bool update_units(const StoredField<T>& field, const UnitCodes<T>& postings,
                  const Dynamics& dynamics, std::span<const std::int64_t> order,
                  std::span<std::complex<T>> z, std::span<std::complex<T>> a,
                  std::span<std::complex<T>> h);

}  // namespace striate::detail
