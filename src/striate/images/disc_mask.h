// Problem    the corners and borders of an image belong to no orientation in particular and repeat
//            on the other side in a circular convolution; learning looks at a disc without edges
// Update     image = w s;   back: s = image / w where w >= floor, else 0
// Symbols    s: the image; w = ((1 + cos pi R) / 2)^(1/3) for R < 1, else 0; R: distance from the
//            middle, 1 at the middle of each border
// Cost       one product per pixel
// Instead    data_weights of a coder, where the pixels outside shall not count rather than be 0
// Source     ladret2023, its code
#pragma once

#include "striate/core/image.h"

namespace striate {

// The weights w as an image of one channel.
template <class T>
Image<T> disc_weights(std::int64_t rows, std::int64_t columns);

// Every channel alike. T is float or double.
// Error: an image without elements or with a value that is not finite.
template <class T>
Image<T> disc_mask(const Image<T>& image);

// Undoes it up to what the disc destroyed: pixels with weights below `floor`, about a fifth of a
// large image, come back as 0 and are lost; elsewhere rounding and noise grow by 1 / w. Errors as
// there; floor not above 0 and at most 1.
template <class T>
Image<T> disc_unmask(const Image<T>& image, double floor = 1e-2);

}  // namespace striate
