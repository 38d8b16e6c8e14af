// From a code as it is to the form in which a rule stores it, and to a cue of that form.
#pragma once

#include <complex>
#include <cstdint>
#include <span>

#include "striate/memory/detail/dynamics.h"
#include "striate/memory/rule.h"

namespace striate::detail {

// The values of one code, in place; units that are not stored become 0. `k`: strongest units that a
// phasor or binary code keeps. Graded values are left as they are.
template <class T>
void to_form(PatternForm form, std::int64_t k, std::span<std::complex<T>> values, Ranking& ranking);

// Signs that are not zero; of other codes the units whose modulus is at least 0.01 of the code's
// largest.
template <class T>
std::int64_t counted_units(PatternForm form, UnitCode<T> code);

// What an overlap is multiplied with so that it is 1 where a state with k active units is a stored
// code.
double overlap_scale(PatternForm form, Normalization normalization, std::int64_t k,
                     std::int64_t units);

}  // namespace striate::detail
