// Problem    the classical real memory of signs
// Update     u = (Z Z' z - d z) / n;  z_i <- sign(u_i), unchanged where u_i = 0
// Symbols    Z: signs, 1 or -1, of the codes' real parts, and 0 where these are 0 (such units stay
//            out of k); cues are reduced alike; d: diagonal of Z Z'; Phi(a) = ||a||^2 / (2 n)
// Cost       one step: two passes over the stored codes
// Instead    tpam: phases in place of signs, sparse; willshaw: active or not, no sign
// Source     hopfield1982
#pragma once

#include "striate/memory/rule.h"

namespace striate {
extern const MemoryRule hopfield;
}
