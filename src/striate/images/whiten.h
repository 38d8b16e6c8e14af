// Problem    natural images have power that falls as 1/f^2; sparse coding wants it flat, without
//            the corners of the frequency square, where there is mostly noise
// Update     F(u, v) <- F(u, v) |f|^e exp(-(|f| / f0)^4), then times a factor:
//            variance  one for all images, so that the mean of their variances is the target
//            gain      so that the mean of the filter over all (u, v) is 1, whatever the images
// Symbols    f = (u / rows, v / columns) in cycles per pixel, so images of any size are filtered
//            alike; e: exponent, 1 in 1996, 1.4 in the program of 2023 (with the factor gain); f0:
//            cutoff. Olshausen & Field write f0 = 0.4 N in cycles per image of N pixels
// Cost       two FFTs per image and channel, in double precision
// Instead    nothing of it for a coder that weighs frequencies itself
// Source     Olshausen & Field 1996, Nature 381:607; 1997, Vision Research 37:3311;
//            ladret2023, its code
//
// The filter is circular: the image is taken to repeat beyond its edges.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "striate/core/image.h"
#include "striate/core/settings.h"

namespace striate {

enum class WhitenScale { variance, gain };
template <>
struct EnumNames<WhitenScale> {
  static constexpr std::array<std::string_view, 2> names{"variance", "gain"};
};

struct WhitenSettings {
  bool filter = true;
  double cutoff = 0.4;
  double variance = 0.1;
  double exponent = 1;
  WhitenScale scale = WhitenScale::variance;

  static void describe(auto& s, auto&& visit) {
    visit(s.filter, {.name = "filter",
                     .sentence = "Apply the filter; false: the factor only, for images that are "
                                 "white already."});
    visit(s.cutoff, {.name = "cutoff",
                     .range = above(0),
                     .unit = "cycles per pixel",
                     .sentence = "Frequency f0 of the whitening filter |f|^e exp(-(f/f0)^4)."});
    visit(s.variance, {.name = "variance",
                       .range = above(0),
                       .sentence = "Mean variance of the whitened images, if scale is variance."});
    visit(s.exponent, {.name = "exponent",
                       .range = above(0),
                       .sentence = "Exponent e of the whitening filter |f|^e exp(-(f/f0)^4)."});
    visit(s.scale,
          {.name = "scale",
           .sentence = "variance: one factor for all images, to their mean variance; gain: "
                       "the mean of the filter over an image's frequencies is 1."});
  }
};

// What whitening a set of images found: enough to whiten other images alike, and to undo it.
struct WhiteningState {
  WhitenSettings settings = {};
  double factor = 1;

  static void describe(auto& s, auto&& visit) {
    WhitenSettings::describe(s.settings, visit);
    visit(s.factor, {.name = "factor",
                     .range = above(0),
                     .sentence = "Factor that follows the filter, the same for all images; 1 if "
                                 "scale is gain."});
  }
};

template <class T>
struct WhitenedImages {
  std::vector<Image<T>> images;  // shapes as given
  WhiteningState state;
};

// Whitens a set of images of any sizes, each channel by itself, with one factor for all: afterwards
// the mean over the images of their variance (over all pixels and channels) is the target. With the
// scale gain nothing depends on the other images; without a filter it then changes nothing. The
// filter gives every channel mean 0 and turns a constant channel into zeros. T is float or double.
// Error: no images, an image without elements or with a value that is not finite; all constant, if
// the scale is variance.
template <class T>
WhitenedImages<T> whiten(const std::vector<Image<T>>& images, const WhitenSettings& settings = {});

// For images that do not fit into memory together: what each adds to the factor, and the state
// from all of them in order, the same bits as whiten() finds. Errors as there.
struct WhiteningShare {
  double variance = 0;  // of the filtered image
  bool constant = true;
};
template <class T>
WhiteningShare whitening_share(const Image<T>& image, const WhitenSettings& settings);
WhiteningState whitening_state(std::span<const WhiteningShare> shares,
                               const WhitenSettings& settings);

// Whitens one more image with the factor found before.
template <class T>
Image<T> whiten(const Image<T>& image, const WhiteningState& state);

// Undoes whitening up to what the filter destroyed: with the gain g(f), relative to its largest,
// the spectrum is multiplied by g / (g^2 + regularization^2). The mean of a channel is lost for
// good and comes back as 0. A smaller regularization restores finer detail and more noise.
template <class T>
Image<T> unwhiten(const Image<T>& image, const WhiteningState& state, double regularization = 1e-3);

}  // namespace striate
