// Problem    min 1/2 sum omega (s - sum_k d_k * x_k)^2 + lambda sum_k w_k |x_k|_1
//                + gamma/2 sum_k |grad x_k|^2,   x >= 0 if positive
// Update     x+ = S(y + (D'omega (s - D y) - gamma grad'grad y) / L, lambda w / L)
//            t+ = (1 + sqrt(1 + 4 t^2)) / 2;   y = x+ + (t - 1)/t+ (x+ - x)
//            where (y - x+)'(x+ - x) > 0 the momentum leads uphill: t begins again at 1. The residual
//            at y bounds the optimum from below, the best x is certified
// Symbols    S: soft threshold; omega: data weights, 1 without; w: penalty weights by filter and
//            position; L = max omega max_f sum_k |d^_k(f)|^2 + 8 gamma, at least the curvature: what a
//            border cuts off only lessens it
// Cost       an iteration: one D'r, positions h w filters, and one D x of few nonzeros. Memory: three
//            numbers per coefficient
// Instead    every other solver is faster; this one takes every boundary, weight and start, and is
//            the simplest: the reference
// Source     beck2009; odonoghue2015 (restart)
#pragma once

#include "striate/convolutional/convolutional_settings.h"

namespace striate {

using PgmSettings = GradientWeightSettings;

// All boundaries; a gradient weight with circular. Error: settings out of range, sizes that do not
// fit, an image that is not finite, inputs that do not fit (convolutional_settings.h).
template <class T>
ConvolutionalResult<T> pgm(const FilterBank<T>& bank, ImageView<const T> image,
                           const PgmSettings& settings, const ConvolutionalInputs<T>& inputs = {},
                           const Run& run = {});

}  // namespace striate
