// Problem    min_d 1/2 sum_i sum omega_i (s_i - sum_k x_ki * d_k)^2, codes x fixed, d_k in a FilterSet
// Update     descend: filter by filter, g = sum_i X_ki'(omega r_i), then the minimum over the set of
//              1/2 (d - d_k)'H(d - d_k) - g'(d - d_k) by steps d <- P(d + (g - H(d - d_k)) / L)
//            accelerate: all filters at once, d+ = P(y + g / L), y = d+ + (t - 1)/t+ (d+ - d); L is
//              doubled until it bounds the curvature along the step; where the fidelity would rise, y = d
//            step: d_k <- P(d_k + eta g_k / h_k)
// Symbols    P: projection on the set; H: the autocorrelation of x_k times the largest omega, an upper
//            bound of the curvature in d_k; its largest absolute row sum is L >= |H|
// Cost       descend: 2 taps nonzeros + some taps^2 filters. accelerate: 2 to 3 taps nonzeros
// Instead    consensus.h: in frequency, for dense codes
// Source     mairal2010 (filter by filter); beck2009, odonoghue2015
//
// None of descend and accelerate raises the fidelity, for a step on the set minimises an upper bound
// of it; but for rounding. The same bits for any number of threads.
#pragma once

#include <span>

#include "striate/convolutional/detail/fixed_codes.h"
#include "striate/convolutional/filter_set.h"

namespace striate::detail {

// `taps` are the filters that the residuals of `codes` are of, before and after.
template <class T>
void descend_filters(const FilterSet& set, int passes, FixedCodes<T>& codes, Matrix<T>& taps,
                     const Run& run);
template <class T>
void accelerate_filters(const FilterSet& set, int iterations, FixedCodes<T>& codes, Matrix<T>& taps,
                        const Run& run);
// Filters of curvature 0 stay as they are.
template <class T>
void step_filters(const FilterSet& set, double eta, std::span<const double> curvatures,
                  const FixedCodes<T>& codes, Matrix<T>& taps, const Run& run);

// taps <- to, and the residuals with it.
template <class T>
void move_filters(const Matrix<T>& to, FixedCodes<T>& codes, Matrix<T>& taps, const Run& run);

}  // namespace striate::detail
