// Problem    the exact nearest stored code, as a memory: the baseline of every other rule
// Update     u = (a_q / |a_q|) z_q,  q = argmax_p |a_p|, ties to the lowest id; u = 0, silence, if
//            |a_q| is below overlap_cut
// Symbols    z_q graded codes of unit norm, Phi(a) = max_p |a_p|, at least the cut
// Cost       one pass over the stored codes
// Instead    graded_hebbian, tpam: memories that mix what is stored
// Source     the limit of ramsauer2021 as beta grows
#pragma once

#include "striate/memory/rule.h"

namespace striate {
extern const MemoryRule top1;
}
