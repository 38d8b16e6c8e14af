// Problem    the eye and sparse coding answer to local contrast, not to how bright or how lively a
//            region is as a whole
// Update     c = s - g * s,   v = sqrt(g * c^2),   image = c / max(mean v, v)
// Symbols    s: the image, mirrored by r pixels beyond its borders; *: convolution that takes this
//            to repeat; g: Gaussian weights exp(-t^2 / 2) at 2 r + 1 even steps from t = -3 to 3
//            along rows and columns, of sum 1; r: radius; the mean is over all of s
// Cost       two separable filters of 2 r + 1 taps per channel, in double precision
// Instead    whiten: all frequencies flat, one factor for the image; tikhonov_highpass: the mean only
// Source     Jarrett, Kavukcuoglu, Ranzato & LeCun 2009, ICCV
//
// Multiplying the image by a number above 0, or adding one to it, changes nothing.
#pragma once

#include "striate/core/image.h"
#include "striate/core/settings.h"

namespace striate {

struct LocalContrastSettings {
  int radius = 7;

  static void describe(auto& s, auto&& visit) {
    visit(s.radius, {.name = "radius",
                     .range = between(1, 1024),
                     .unit = "pixels",
                     .sentence = "The neighbourhood is of 2 radius + 1 pixels along rows and "
                                 "columns, three standard deviations each way."});
  }
};

// image * divisor + mean is what was given.
template <class T>
struct LocalContrast {
  Image<T> image;
  Image<T> mean;     // g * s
  Image<T> divisor;  // max(mean v, v); 1 in a constant channel
};

// Each channel by itself; a constant channel becomes zeros. T is float or double.
// Error: an image without elements or with a value that is not finite.
template <class T>
LocalContrast<T> local_contrast_normalize(const Image<T>& image,
                                          const LocalContrastSettings& settings = {});

// The image that had this mean and divisor. Error: different shapes.
template <class T>
Image<T> local_contrast_restore(const LocalContrast<T>& normalized);

}  // namespace striate
