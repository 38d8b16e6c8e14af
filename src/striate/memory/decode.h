// Problem    a state has no scale: find the gain b with which A z explains the noisy signal
// Update     ls_real     b = max(0, <x, A z> / ||A z||^2)
//            ls_complex  (b1, b2) minimise ||x - b1 A z - b2 A (i z)||: the global phase too
//            cue_norm    the norm of the cue;  stored_norm  of the matched pattern;  none  1
//            (these three on z / ||z||)
// Symbols    A dictionary, atoms 2p and 2p + 1 the real and the imaginary part of unit p;
//            i z is a quarter turn of every pair; x noisy signal, z state
// Cost       one synthesis per state, two for ls_complex
// Source     zhao2025 leaves the gain open
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "striate/codes/sparse_codes.h"
#include "striate/core/settings.h"
#include "striate/dictionaries/dictionary.h"

namespace striate {

enum class Gain { ls_real, ls_complex, cue_norm, stored_norm, none };
template <>
struct EnumNames<Gain> {
  static constexpr std::array<std::string_view, 5> names{"ls_real", "ls_complex", "cue_norm",
                                                         "stored_norm", "none"};
};

// Signals (m x states). `noisy` (m x states) is needed by the ls gains, `norms` (one per state) by
// cue_norm and stored_norm; the other is ignored and may be empty. A zero state gives a zero
// signal. Error: shapes that do not fit.
template <class T>
Matrix<T> decode_states(const SparseCodes<T>& states, const Dictionary<T>& dictionary,
                        Signals<T> noisy, Gain gain = Gain::ls_real,
                        std::span<const double> norms = {});

}  // namespace striate
