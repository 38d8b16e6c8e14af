// Problem    dense associative memory: overlaps to a power, so that the largest outweighs the rest
// Update     u = sum_p b_p |b_p|^(q - 1) z_p,  b = a / k;  z_i <- u_i / |u_i| on the k strongest
// Symbols    z_p phasor codes, a overlaps, q `power`; Phi(a) = k sum_p |b_p|^(q + 1) / (q + 1), an
//            energy of degree q + 1; q = 1 is the Hebbian rule
// Cost       one step: two passes over k entries per stored code
// Instead    softmax: as q grows the two are alike; tpam: q = 1 and a zero diagonal
// Source     krotov2016
#pragma once

#include "striate/memory/rule.h"

namespace striate {
extern const MemoryRule power;
}
