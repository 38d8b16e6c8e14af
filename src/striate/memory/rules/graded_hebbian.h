// Problem    the memory of Zhao et al., taken literally: J = sum_p z_p z_p^H of graded codes
// Update     u = f_theta(J z);  z <- u / ||u||
// Symbols    z_p stored codes of unit norm, diagonal of J kept, g(a) = a, Phi(a) = ||a||^2 / 2
// Cost       one step: two passes over the stored codes
// Instead    tpam: identifies more natural codes; top1: the nearest code, no memory dynamics
// Source     zhao2025, equations 4 to 6
#pragma once

#include "striate/memory/rule.h"

namespace striate {
extern const MemoryRule graded_hebbian;
}
