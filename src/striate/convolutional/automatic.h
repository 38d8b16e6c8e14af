// Problem    pgm.h
// Update     cd until the gap is a fifth, then half as many iterations again as there were, as long as
//            they bring the gap a third of the way to the tolerance, on a logarithmic scale; where they
//            do not, for filters are nearly parallel or the code is dense, ssnal goes on from the code
//            With a gradient weight admm
// Symbols    info.method says who gave the answer: cd, "cd, ssnal" or admm
// Cost       cd.h, ssnal.h
// Instead    admm_reference: the numbers of SPORCO
// Source     cd.h, ssnal.h
#pragma once

#include "striate/convolutional/convolutional_settings.h"

namespace striate {

// All boundaries; a gradient weight with circular. Error: as pgm.
template <class T>
ConvolutionalResult<T> automatic(const FilterBank<T>& bank, ImageView<const T> image,
                                 const GradientWeightSettings& settings,
                                 const ConvolutionalInputs<T>& inputs = {}, const Run& run = {});

}  // namespace striate
