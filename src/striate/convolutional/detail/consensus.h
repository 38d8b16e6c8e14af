// Problem    as filter_update.h, in frequency, for circular and inside without data weights
// Update     every image has filters d_i of its size, with the scaled dual u_i, v = e - u_i; (hats)
//              r^ = (s^_i - sum_k x^_ki v^_k) / (rho + sum_k |x^_ki|^2);   d^_i = v^ + conj(x^_i) r^
//              a_i = alpha d_i + (1 - alpha) e;   e <- P(mean_i (a_i + u_i));   u_i <- u_i + a_i - e
// Symbols    e: the filters, zero but on their taps; P: projection on the set; alpha = 1.8; u begins
//            at 0; rho in units of the mean over images and filters of |x_ki|^2
// Cost       2 transforms per filter, image and pass; memory: maps and their spectra twice per image
// Source     cardona2018; boyd2011
#pragma once

#include <span>

#include "striate/convolutional/detail/fixed_codes.h"
#include "striate/convolutional/filter_set.h"

namespace striate::detail {

// `taps` are the filters that the residuals of `codes` are of, before and after. Where the fidelity
// would be higher after all passes, nothing is changed. The same bits for any number of threads.
template <class T>
void consensus_filters(const FilterSet& set, int passes, double rho,
                       std::span<const CodedImage<T>> images, FixedCodes<T>& codes, Matrix<T>& taps,
                       const Run& run);

}  // namespace striate::detail
