// Problem    min 1/2 sum omega (s - sum_k d_k * x_k)^2 + lambda sum_k w_k |x_k|_1
//                + gamma/2 sum_k |grad x_k|^2,   x >= 0 if positive
// Update     detail/admm_iteration.h with a fixed rho, relaxed by 1.8; every few iterations the sparse
//            y is taken out and its objective measured. The residual at x, which an iteration has
//            anyway with its correlations, bounds the optimum from below: when the best y and the
//            best bound are near enough, y is certified. From a code x it begins with y = x and
//            rho u = lambda w sign x, or D'r clipped to +-lambda w where x is 0: u at the optimum
//            Data weights, and boundary linear, which is weights of 0 beyond the image, make s - D x
//            one more constraint: detail/data_split.h. Its residual is measured in space
// Symbols    omega: data weights, 1 without; w: penalty weights by filter and position; rho in units of the filters' mean squared norm, which is where it belongs whatever the
//            image's scale
// Cost       two transforms per filter and iteration; memory: three numbers per coefficient
// Instead    automatic: faster; admm_reference: the numbers of SPORCO
// Source     wohlberg2016; boyd2011; heide2015 (data weights)
#pragma once

#include "striate/convolutional/convolutional_settings.h"

namespace striate {

struct AdmmSettings : GradientWeightSettings {
  double rho = 0.3;

  static void describe(auto& s, auto&& visit) {
    GradientWeightSettings::describe(s, visit);
    visit(s.rho, {.name = "rho",
                  .range = above(0),
                  .unit = "mean squared norm of the filters",
                  .sentence = "Penalty of x = y."});
  }
};

// All boundaries; a gradient weight with circular. Error: settings out of range, sizes that do not
// fit, an image that is not finite, inputs that do not fit (convolutional_settings.h).
template <class T>
ConvolutionalResult<T> admm(const FilterBank<T>& bank, ImageView<const T> image,
                            const AdmmSettings& settings, const ConvolutionalInputs<T>& inputs = {},
                            const Run& run = {});

}  // namespace striate
