// Problem    which units are active together, one bit per pair of units
// Update     u_i = number of active units j of which some pattern holds both i and j; the k units of
//            the largest u are active. With truncation dynamic and theta just below 1 those stay
//            that all active units vote for: the threshold of the original.
// Symbols    patterns and cues: 1 on the k strongest units; J = OR of z z', diagonal kept;
//            energy -z' J z / 2. J is no sum over patterns and may have negative eigenvalues: no
//            theorem covers it. It is made anew from the codes, so that forgetting is exact.
// Cost       n^2 / 8 bytes, n at most 65536; one step: k rows of J
// Instead    tpam: also phases, sums in place of bits; hopfield: signs
// Source     willshaw1969
#pragma once

#include "striate/memory/rule.h"

namespace striate {
extern const MemoryRule willshaw;
}
