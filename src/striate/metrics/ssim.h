// Problem    how alike do two images look: means, contrasts and structure in a sliding window
// Update     SSIM = mean over windows of
//              (2 m_x m_y + C1) (2 s_xy + C2) / ((m_x^2 + m_y^2 + C1) (s_x^2 + s_y^2 + C2))
// Symbols    m, s^2, s_xy: mean, variance, covariance under a Gaussian window of 11 x 11 pixels,
//            sigma 1.5, weights summing to 1; C1 = (0.01 L)^2, C2 = (0.03 L)^2; L: data_range
// Cost       five separable filters of 11 taps per channel
// Instead    psnr: no window, no constants
// Source     Wang, Bovik, Sheikh & Simoncelli 2004, IEEE Trans. Image Processing 13:600
//
// Only windows that lie wholly inside the image count, as in the authors' code (without its
// optional reduction of large images). Colour: the mean over the channels.
#pragma once

#include "striate/core/image.h"
#include "striate/core/settings.h"

namespace striate {

struct SsimSettings {
  double data_range = 1;

  static void describe(auto& s, auto&& visit) {
    visit(s.data_range,
          {.name = "data_range",
           .range = above(0),
           .sentence = "Largest minus smallest possible value: 1 for photographs read "
                       "as value/255, 255 for raw ones."});
  }
};

// From -1 to 1; 1 for equal images. T is float or double.
// Error: different shapes, fewer than 11 rows or columns, a value that is not finite.
template <class T>
double ssim(ImageView<const T> reference, std::type_identity_t<ImageView<const T>> image,
            const SsimSettings& settings = {});

}  // namespace striate
