// Problem    photographs are of any size and shape; a test wants a square of so many pixels
// Update     the middle square of the image; if it is larger than asked for, every pixel of the result
//            is the mean of the area that it covers
// Cost       one pass over the image
// Source     box filter of the area; photographs that are larger than they need be lose nothing by it
#pragma once

#include "striate/core/image.h"

namespace striate {

// side x side pixels, or as many as the shorter side of the image has: nothing is enlarged. Channels
// stay. Error: no pixel, side below 1.
template <class T>
Image<T> centre_square(const Image<T>& image, std::int64_t side);

}  // namespace striate
