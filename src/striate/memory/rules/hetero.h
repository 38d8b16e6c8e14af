// Problem    give back not the stored code but what was stored beside it: its target
// Update     the state as in tpam; output  y = Re sum_p t g(a)_p Y_p / k,  t the conjugate phase of the
//            largest overlap, so that the output does not turn with the cue; of complex targets
//            y = sum_p g(a)_p Y_p / k, which does
// Symbols    Y_p targets of any length, stored with the patterns; a overlaps of the state
// Cost       of the output: P numbers per element
// Instead    tpam with decode(): signals of the recalled code itself
// Source     frady2019
#pragma once

#include "striate/memory/rule.h"

namespace striate {
extern const MemoryRule hetero;
}
