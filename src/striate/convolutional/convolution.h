// Problem    D x = sum_k d_k * x_k, an image from maps, and its adjoint D'r, maps from an image, in
//            space and for every boundary
// Update     D: a row of the canvas is the sum of the filters' rows over the entries of the maps'
//            rows above it; the canvas is folded into the image. D': the image is spread on the
//            canvas; patches of it, a row of positions at a time, meet all filters in one product
// Symbols    position (r, c) covers the canvas from (r, c) to (r + h - 1, c + w - 1); the canvas of
//            circular is the image and h - 1 rows, w - 1 columns more that fold onto the other end;
//            of inside the image; of linear the image with h - 1 rows and w - 1 columns around it
// Cost       D: nonzeros h w.   D': positions h w filters
// Instead    fft2 of whole maps: where all of x or D'r is wanted and little of it is zero
#pragma once

#include <functional>

#include "striate/convolutional/filter_bank.h"
#include "striate/core/observer.h"

namespace striate {

// The canvas of an image, and back, where what lies on one pixel is added: the adjoint of spread.
template <class T>
Image<T> spread(ImageView<const T> image, const MapShape& shape);
template <class T>
Image<T> fold(ImageView<const T> canvas, const MapShape& shape);

// D x, summed in Sum. The same bits for any number of threads.
template <class Sum, class T>
Image<Sum> synthesize(const FilterBank<T>& bank, const ConvolutionalCodes<T>& codes,
                      const Run& run = {});

// D'r: calls f(row, c, worker) for every row of positions, on several threads; column p of c
// (filters x positions) has the correlations of position p. Not for all rows if the run is stopped.
template <class T>
void correlate(const FilterBank<T>& bank, ImageView<const T> image, const MapShape& shape,
               const Run& run,
               const std::function<void(std::int64_t row, MatrixView<T> c, int worker)>& f);

}  // namespace striate
