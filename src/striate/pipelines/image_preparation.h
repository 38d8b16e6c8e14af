// How whole images are made ready for a bank of filters, and the way back: what the filters are no
// good at, slow changes of brightness and regions of different liveliness, is taken away and kept.
// Models of filters and convolutional codes carry the settings, so that new images are prepared in
// the same way. High-pass, whitening, local contrast and the disc follow one another in this order;
// whiten, contrast and disc_mask are what the program of ladret2023 learns its filters from.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "striate/core/image.h"
#include "striate/core/settings.h"
#include "striate/io/images.h"

namespace striate {

// Of whole images, each by itself: the factor of whiten.h is its gain.
enum class ImageWhitening { none, filter };
template <>
struct EnumNames<ImageWhitening> {
  static constexpr std::array<std::string_view, 2> names{"none", "filter"};
};

struct ImagePreparation {
  PixelScale pixel_scale = PixelScale::unit;
  bool colour = false;
  std::optional<double> highpass = {};
  int highpass_padding = 16;
  ImageWhitening whiten = ImageWhitening::none;
  double cutoff = 0.4;
  double exponent = 1.4;
  int contrast = 0;
  bool disc_mask = false;

  // highpass as given; not given: 10, but 0 with whiten or contrast, which take slow changes away too.
  double highpass_in_force() const {
    return highpass.value_or(contrast > 0 || whiten != ImageWhitening::none ? 0 : 10);
  }
  // The same with highpass as a number: what files keep.
  ImagePreparation resolved() const {
    ImagePreparation known = *this;
    known.highpass = highpass_in_force();
    return known;
  }
  // Images stay as they are.
  bool changes_nothing() const {
    return highpass_in_force() == 0 && whiten == ImageWhitening::none && contrast == 0 &&
           !disc_mask;
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
                                   "are not; not given: 10, but 0 with whiten or contrast."});
    visit(s.highpass_padding, {.name = "highpass_padding",
                               .range = between(0, 4096),
                               .unit = "pixels",
                               .sentence = "Mirrored pixels beyond the borders on the way."});
    visit(s.whiten,
          {.name = "whiten",
           .sentence = "filter: the spectrum is multiplied by |f|^exponent "
                       "exp(-(f/cutoff)^4), of mean 1, before contrast; none: it is not."});
    visit(s.cutoff, {.name = "cutoff",
                     .range = above(0),
                     .unit = "cycles per pixel",
                     .sentence = "Cutoff of the whitening filter."});
    visit(s.exponent, {.name = "exponent",
                       .range = above(0),
                       .sentence = "Exponent of the whitening filter; 1 is that of 1996."});
    visit(s.contrast, {.name = "contrast",
                       .range = between(0, 1024),
                       .unit = "pixels",
                       .sentence = "Radius of local contrast normalisation, usually 7; 0: none."});
    visit(s.disc_mask, {.name = "disc_mask",
                        .sentence = "In the end images fall to 0 towards a circle that touches "
                                    "their borders; what lies outside is lost."});
  }
};

// white = image * gain + background is what was whitened, and the image that was given is lost +
// unwhiten(white). Without whitening white itself is the image. Under a disc mask the rim, where its
// weight is below least_disc_weight, has gain 0: only the background comes back there.
template <class T>
struct PreparedImage {
  Image<T> image = {};       // what is coded
  Image<T> background = {};  // empty: 0
  Image<T> gain = {};        // empty: 1
  Image<T> lost = {};        // empty: nothing was whitened
};
inline constexpr double least_disc_weight = 1e-2;

// With data weights (as many as the image has values; 0: unseen) what slow changes are is guessed
// from the values that are seen: low(weights image) / low(weights), with a wider low where nothing
// seen is near; unseen values of the result are 0, whatever the image holds there, NaN too. Error:
// settings out of range, a value that is not finite and counts, weights of another shape or below 0,
// none above 0 where something is to be taken away, whitening or contrast with weights of which any is 0.
template <class T>
PreparedImage<T> prepare_image(const Image<T>& image, const ImagePreparation& preparation,
                               const Image<T>& data_weights = {});

// The image that `coded`, a prepared image or what a code makes of it, stands for; `away`: what
// prepare_image took away, its image has no part. Whitening is undone as far as it lets frequencies
// pass, to a tenth of its largest gain; what it lost beyond comes back as it was. Error: different shapes.
template <class T>
Image<T> restore_image(const Image<T>& coded, const PreparedImage<T>& away,
                       const ImagePreparation& preparation);

}  // namespace striate
