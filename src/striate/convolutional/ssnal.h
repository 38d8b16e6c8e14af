// Problem    min 1/2 |s - sum_k d_k * x_k|^2 + lambda sum_k w_k |x_k|_1, x >= 0 if positive, through
//            its dual, which has one number per pixel: max s'theta - 1/2 |theta|^2 under
//            |D'theta| <= lambda w
// Update     proximal points x <- X(theta) = S(x + sigma D'theta, sigma lambda w), sigma growing, with
//            theta the minimiser of psi = 1/2 |theta|^2 - s'theta + 1/(2 sigma) |X(theta)|^2, found by
//            Newton's method: (I + sigma D_A D_A') delta = -(theta - s + D X), A where X is not zero,
//            by conjugate gradients, a step halved until psi falls. Preconditioner: as if the entries of
//            every filter lay everywhere alike, 1 + sigma sum_k (n_k / N) |d^_k|^2 in frequency
// Symbols    the paper's A, b, u, y are D, s, lambda, theta here. Every theta, scaled until it is
//            feasible, bounds the optimum, and every X(theta) is a code. With data weights omega
//            sqrt(omega) s and sqrt(omega) D stand for s and D
// Cost       a step: one D'theta; a conjugate gradient: two products with the entries of A. Memory: a
//            few images and the code
// Instead    cd: filters that are not nearly parallel; admm: a rough answer to a dense code
// Source     li2018
#pragma once

#include "striate/convolutional/convolutional_settings.h"

namespace striate {

struct SsnalSettings : ConvolutionalSettings {
  double sigma = 3;

  static void describe(auto& s, auto&& visit) {
    ConvolutionalSettings::describe(s, visit);
    visit(s.sigma, {.name = "sigma",
                    .range = above(0),
                    .unit = "1 / mean squared norm of the filters",
                    .sentence = "Proximal weight to begin with; it doubles at every point."});
  }
};

// All boundaries. max_iterations counts proximal points and Newton's steps. Goes on from a dual image,
// else from the residual of initial codes. Error: settings out of range, sizes that do not fit, an
// image that is not finite, inputs that do not fit (convolutional_settings.h).
template <class T>
ConvolutionalResult<T> ssnal(const FilterBank<T>& bank, ImageView<const T> image,
                             const SsnalSettings& settings,
                             const ConvolutionalInputs<T>& inputs = {}, const Run& run = {});

}  // namespace striate
