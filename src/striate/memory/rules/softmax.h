// Problem    modern Hopfield memory: the softmax of the overlaps, nearly always one pattern
// Update     u = sum_p h_p (a_p / |a_p|) z_p,  h = softmax(beta |a| / k);  z_i <- u_i / |u_i|
// Symbols    z_p phasor codes, a overlaps;  Phi(a) = k log(sum_p exp(beta |a_p| / k)) / beta
// Cost       one step: two passes over k entries per stored code
// Instead    top1: beta without bound; power: overlaps to a power
// Source     ramsauer2021, complex codes by moduli
#pragma once

#include "striate/memory/rule.h"

namespace striate {
extern const MemoryRule softmax;
}
