// From files to signals: reading, pixel scale, whitening, patches; and the record of it that models
// and codes carry, so that new images are prepared in the same way.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "striate/core/archive.h"
#include "striate/core/image.h"
#include "striate/core/source.h"
#include "striate/images/patches.h"
#include "striate/images/whiten.h"
#include "striate/io/images.h"

namespace striate {

// none: as read. scale: one factor for all images, to the target variance (for images that are
// white already). filter: the 1996 whitening filter, then that factor.
enum class Whitening { none, scale, filter };
template <>
struct EnumNames<Whitening> {
  static constexpr std::array<std::string_view, 3> names{"none", "scale", "filter"};
};

// What inputs are: images (stills, arrays of 3 or 4 dimensions), or signals (rows of 2-D arrays).
enum class InputKind { automatic, images, signals };
template <>
struct EnumNames<InputKind> {
  static constexpr std::array<std::string_view, 3> names{"auto", "images", "signals"};
};

// How signals were prepared; kept in models and codes.
struct Preprocessing {
  bool of_images = false;  // false: signals as given; nothing below has a meaning
  PixelScale pixel_scale = PixelScale::unit;
  bool colour = false;
  Whitening whiten = Whitening::none;
  double cutoff = 0.4;    // cycles per pixel
  double variance = 0.1;  // target mean variance of the whitened images
  double factor = 1;      // the common factor that gave it
  PatchSettings patches = {};

  Archive to_archive() const;
  static Preprocessing from_archive(const Archive& archive);
  bool operator==(const Preprocessing&) const = default;
};

// The options of `learn` and `encode` that concern signals. Empty ones are the model's, or the
// default.
struct PreparationSettings {
  InputKind input = InputKind::automatic;
  PixelScale pixel_scale = PixelScale::unit;
  bool colour = false;
  Whitening whiten = Whitening::filter;
  double cutoff = 0.4;
  double variance = 0.1;
  PatchSettings patches = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.input, {.name = "input",
                    .sentence = "What the inputs are; auto: 2-D arrays hold signals as rows, all "
                                "else is images."});
    visit(s.pixel_scale,
          {.name = "pixel_scale",
           .sentence = "unit: 8-bit pixels are value/255, 16-bit value/65535; raw: as "
                       "stored."});
    visit(s.colour, {.name = "colour", .sentence = "Keep colour; otherwise images become grey."});
    visit(s.whiten, {.name = "whiten",
                     .sentence = "filter: |f| exp(-(f/cutoff)^4), then one factor for all images; "
                                 "scale: the factor only; none: as read."});
    visit(s.cutoff, {.name = "cutoff",
                     .range = above(0),
                     .unit = "cycles per pixel",
                     .sentence = "Cutoff of the whitening filter."});
    visit(s.variance, {.name = "variance",
                       .range = above(0),
                       .sentence = "Mean variance of the images after whitening."});
    PatchSettings::describe(s.patches, visit);
  }
};

// Signals ready to be coded, with the record of how.
template <class T>
struct Prepared {
  std::shared_ptr<const SignalSource<T>> signals;
  std::shared_ptr<const PatchSource<T>> patches;  // the same object where signals are patches
  std::vector<Image<T>> whitened;                 // empty for signals
  Preprocessing preprocessing;
  Values inputs;  // files and hashes, for provenance
};

// `inputs`: files, folders, globs. With a model's preprocessing the images are treated as its
// were: same filter, same factor. Error: inputs that are not what the model was learned on.
template <class T>
Prepared<T> prepare(const std::vector<std::string>& inputs, const PreparationSettings& settings,
                    const Preprocessing* as_model = nullptr);
// The same from images in memory.
template <class T>
Prepared<T> prepare(std::vector<Image<T>> images, const PreparationSettings& settings,
                    const Preprocessing* as_model = nullptr);

}  // namespace striate
