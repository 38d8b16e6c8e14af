// Problem    slow changes of brightness are many large coefficients to a coder of small filters;
//            split them off:  image = high + low
// Update     low = argmin_x |x - s|^2 + w (|g_r * x|^2 + |g_c * x|^2):  the spectrum of s divided by
//            1 + w (|G_r|^2 + |G_c|^2),  |G|^2 = 4 sin^2(pi f)
// Symbols    s: the image, mirrored by `padding` pixels beyond its borders and taken to repeat;
//            g_r, g_c: differences of neighbours, taps -1 and 1, down the columns and along the rows;
//            f: their frequencies in cycles per pixel; w: gradient_weight, 10 for coding, 5 for
//            learning
// Cost       two FFTs per channel, in double precision
// Instead    whiten: all frequencies flat; local_contrast_normalize: the same liveliness everywhere
// Source     Wohlberg 2017, Proc. Python in Science Conference
#pragma once

#include "striate/core/image.h"
#include "striate/core/settings.h"

namespace striate {

struct TikhonovSettings {
  double gradient_weight = 10;
  int padding = 16;

  static void describe(auto& s, auto&& visit) {
    visit(s.gradient_weight, {.name = "gradient_weight",
                              .range = at_least(0),
                              .sentence = "Weight of the squared differences of neighbours in what "
                                          "is split off: the larger, the smoother that is."});
    visit(s.padding, {.name = "padding",
                      .range = between(0, 4096),
                      .unit = "pixels",
                      .sentence = "Mirrored pixels beyond the borders, which keep opposite borders "
                                  "apart."});
  }
};

template <class T>
struct Highpassed {
  Image<T> high;
  Image<T> low;  // high + low is the image
};

// Each channel by itself; a constant channel is all low. T is float or double.
// Error: an image without elements or with a value that is not finite.
template <class T>
Highpassed<T> tikhonov_highpass(const Image<T>& image, const TikhonovSettings& settings = {});

}  // namespace striate
