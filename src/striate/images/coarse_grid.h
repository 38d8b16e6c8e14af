// Problem    an image that changes slowly is more pixels than it needs
// Update     coarse: the mean of every cell of spacing x spacing pixels;  refined: between the middles
//            of cells along straight lines, beyond the outermost as they are
// Symbols    cells begin at pixel (0, 0); those at the far borders may be smaller
// Cost       one multiply-add per pixel;  four
#pragma once

#include "striate/core/image.h"

namespace striate {

// Rows / spacing by columns / spacing cells, rounded up; each channel by itself. T is float or double.
// Error: no pixels, spacing below 1.
template <class T>
Image<T> coarse_grid(const Image<T>& image, std::int64_t spacing);

// The image of rows x columns pixels that cells stand for. Error: cells of other numbers than
// coarse_grid gives for it.
template <class T>
Image<T> refined_grid(const Image<T>& cells, std::int64_t spacing, std::int64_t rows,
                      std::int64_t columns);

}  // namespace striate
