// Problem    threshold phasor associative memory: J of phasor codes, zero diagonal
// Update     u = J z - diag(J) z, cut;  z_i <- u_i / |u_i|
// Symbols    a stored phasor code is z_i / |z_i| on the k strongest units of the code; g(a) = a;
//            the graded codes are kept beside and serve decoding (readouts graded and identity)
// Cost       one step: two passes over k entries per stored code
// Instead    graded_hebbian: the amplitudes take part; diagonal = keep: energy guaranteed (T1, T2)
// Source     frady2019
#pragma once

#include "striate/memory/rule.h"

namespace striate {
extern const MemoryRule tpam;
}
