// How whole images are made ready for a bank of filters, and the way back: what the filters are no
// good at, slow changes of brightness and regions of different liveliness, is taken away and kept.
// Models of filters and convolutional codes carry the settings, so that new images are prepared in
// the same way.
#pragma once

#include <optional>

#include "striate/core/image.h"
#include "striate/core/settings.h"
#include "striate/io/images.h"

namespace striate {

struct ImagePreparation {
  PixelScale pixel_scale = PixelScale::unit;
  bool colour = false;
  std::optional<double> highpass = {};
  int highpass_padding = 16;
  int contrast = 0;

  // highpass as given; not given: 10, but 0 with contrast, which takes slow changes away too.
  double highpass_in_force() const { return highpass.value_or(contrast > 0 ? 0 : 10); }
  // The same with highpass as a number: what files keep.
  ImagePreparation resolved() const {
    ImagePreparation known = *this;
    known.highpass = highpass_in_force();
    return known;
  }

  static void describe(auto& s, auto&& visit) {
    visit(s.pixel_scale, {.name = "pixel_scale",
                          .sentence = "unit: 8-bit pixels are value/255, 16-bit value/65535; raw: "
                                      "as stored."});
    visit(s.colour, {.name = "colour", .sentence = "Keep colour; otherwise images become grey."});
    visit(s.highpass, {.name = "highpass",
                       .range = at_least(0),
                       .unit = "weight of squared differences of neighbours",
                       .sentence = "Slow changes are split off before coding (tikhonov); 0: they "
                                   "are not; not given: 10, but 0 with contrast."});
    visit(s.highpass_padding, {.name = "highpass_padding",
                               .range = between(0, 4096),
                               .unit = "pixels",
                               .sentence = "Mirrored pixels beyond the borders on the way."});
    visit(s.contrast, {.name = "contrast",
                       .range = between(0, 1024),
                       .unit = "pixels",
                       .sentence = "Radius of local contrast normalisation, usually 7; 0: none."});
  }
};

// image * gain + background is what was given.
template <class T>
struct PreparedImage {
  Image<T> image;       // what is coded
  Image<T> background;  // empty: 0
  Image<T> gain;        // empty: 1
};

// First the high-pass, then contrast. With data weights (as many as the image has values; 0: unseen)
// what slow changes are is guessed from the values that are seen: low(weights image) / low(weights),
// with a wider low where nothing seen is near; unseen values of the result are 0. Error: settings
// out of range, a value that is not finite and counts, weights of another shape or below 0, none
// above 0, contrast with weights of which any is 0.
template <class T>
PreparedImage<T> prepare_image(const Image<T>& image, const ImagePreparation& preparation,
                               const Image<T>& data_weights = {});

// The image that `coded`, a prepared image or what a code makes of it, stands for. Error: different
// shapes.
template <class T>
Image<T> restore_image(const Image<T>& coded, const Image<T>& background, const Image<T>& gain);

}  // namespace striate
