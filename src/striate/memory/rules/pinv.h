// Problem    linearly independent patterns without cross-talk: each is a fixed point
// Update     u = Z (Z^H Z + rho D)^-1 Z^H z;  z_i <- u_i / |u_i| on the k strongest
// Symbols    Z phasor codes, D diagonal of Z^H Z (divided by the weights), rho `ridge`: for patterns
//            that nearly depend on one another; Phi(a) = a^H (Z^H Z + rho D)^-1 a / 2.
//            With diagonal zero u_i -= d_i z_i, d the diagonal of J = Z (Z^H Z + rho D)^-1 Z^H
// Cost       once: P^3 and 32 P^2 bytes, so at most 2048 patterns; one step: two passes over k
//            entries per stored code and 4 P^2 multiply-adds. The diagonal, if taken out: n P^2 once
// Instead    power, softmax: no matrix, more patterns than units. With P near n or above every
//            state is nearly fixed.
// Source     personnaz1986
#pragma once

#include "striate/memory/rule.h"

namespace striate {
extern const MemoryRule pinv;
}
