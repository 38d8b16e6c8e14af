// Problem    min 1/2 |s - sum_k d_k * x_k|^2 + lambda sum_k w_k |x_k|_1, x >= 0 if positive, or, with
//            data weights, 1/2 sum omega (s - sum_k d_k * x_k)^2 in place of the first term
// Update     entry by entry: c = <d_k, r at p>, x' = S(c + g x, lambda w_k) / g, r -= (x' - x) d_k;
//            the entries of one position settle among themselves first, by the filters' Gram matrix.
//            Only entries of a working set are visited, until they hardly move. Then D'r is scanned:
//            it bounds the optimum from below, and of every position where it is above lambda w the
//            worst filter joins the set. lambda comes down from lambda_max on the way, by a factor a
//            scan. Entries that are 0 leave the set
// Symbols    r: residual, on the canvas of convolution.h; p: position; g: |d_k|^2, of the taps that
//            are on the image; S: soft threshold. With data weights omega r stands for r, and g is
//            sum omega d_k^2. Tiles of positions have colours: tiles of one colour share no pixel, so
//            they are swept at the same time, with the same result in any order
// Cost       2 h w per visit; positions h w filters per scan, less where r has hardly changed since
//            the last scan. Memory: some images, the code and, up to 1,024 filters, their Gram matrix
// Instead    admm: codes that are not sparse; filters that are so nearly parallel that single entries
//            hardly move
// Source     kavukcuoglu2010; friedman2010 (path, active set); moreau2020 (tiles)
#pragma once

#include <functional>

#include "striate/convolutional/convolutional_settings.h"

namespace striate {

struct CdSettings : ConvolutionalSettings {
  int max_sweeps = 50;

  static void describe(auto& s, auto&& visit) {
    ConvolutionalSettings::describe(s, visit);
    visit(s.max_sweeps, {.name = "max_sweeps",
                         .range = at_least(1),
                         .sentence = "Most sweeps over the working set between two scans."});
  }
};

// All boundaries. An iteration is a scan and the sweeps after it. Error: settings out of range, sizes
// that do not fit, an image that is not finite, inputs that do not fit (convolutional_settings.h).
template <class T>
ConvolutionalResult<T> cd(const FilterBank<T>& bank, ImageView<const T> image,
                          const CdSettings& settings, const ConvolutionalInputs<T>& inputs = {},
                          const Run& run = {});

namespace detail {

// The same, given up with status stalled when goes_on, asked after every iteration, says no.
template <class T>
ConvolutionalResult<T> descend(const ConvolutionalProblem<T>& problem, const CdSettings& settings,
                               const ConvolutionalInputs<T>& inputs,
                               const std::function<bool(const ConvolutionalInfo&)>& goes_on,
                               const Run& run);

}  // namespace detail
}  // namespace striate
