// Problem    the values of a code whose entries are given:  min 1/2 sum omega (s - D x)^2 over them. The
//            l1 norm has made them too small
// Update     conjugate gradients on the normal equations, begun at the code's own values
// Symbols    omega: data weights, 1 if none are given
// Cost       per iteration 2 nonzeros h w multiply-adds
// Instead    a smaller lambda: as near to the image, with many more entries
#pragma once

#include "striate/convolutional/filter_bank.h"
#include "striate/core/observer.h"

namespace striate {

// At most so many entries, the largest in magnitude; of equals the first. Error: a negative count.
template <class T>
ConvolutionalCodes<T> strongest(const ConvolutionalCodes<T>& codes, std::int64_t count);

// The code with other values after so many iterations, fewer where nothing is left to gain. Data
// weights as in ConvolutionalInputs. Error: an image or filters of other sizes than the code's, data
// weights of another shape, a value that counts and is not finite, iterations below 0.
template <class T>
ConvolutionalCodes<T> refit(const FilterBank<T>& bank, ImageView<const T> image,
                            const ConvolutionalCodes<T>& codes, int iterations,
                            ImageView<const T> data_weights = {}, const Run& run = {});

}  // namespace striate
