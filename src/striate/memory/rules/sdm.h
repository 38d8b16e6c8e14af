// Problem    give back signs from signs, by counters at many fixed random addresses
// Update     a state reaches the locations whose address differs from it in at most r signs;
//            u_i = sum over these of counter i;  z_i <- the sign of u_i, or as it was where u_i = 0
// Symbols    M locations, addresses of n random signs, the same for all memories of this n and M;
//            counters (M x n): a stored pattern is added at the locations that it reaches. Of a
//            state with zeros the known signs are compared, within the r that reaches as many.
//            Energy -z' u / 2; no theorem covers it. Counters are made anew from the codes.
// Cost       M n counters; one step: M n / 64 words compared, then n counters of 1 % of M
// Instead    hopfield: n^2 numbers, exact codes kept; top1: the nearest pattern itself
// Source     kanerva1988
#pragma once

#include "striate/memory/rule.h"

namespace striate {

extern const MemoryRule sdm;

namespace detail {
// The largest r such that a random address differs from a state in at most r of n signs with
// probability at most `share`; 0 if even that of none is likelier.
std::int64_t radius_for(std::int64_t units, double share);
// The probability.
double share_within(std::int64_t units, std::int64_t radius);
}  // namespace detail

}  // namespace striate
