// From files to signals: reading, pixel scale, whitening, patches; and the record of it that models
// and codes carry, so that new images are prepared in the same way.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "striate/core/image.h"
#include "striate/core/settings.h"
#include "striate/core/source.h"
#include "striate/images/patches.h"
#include "striate/io/images.h"
#include "striate/io/signal_files.h"

namespace striate {

// filter: the 1996 whitening filter, then one factor for all images; scale: the factor only (images
// that are white already); none: as read.
enum class Whitening { filter, scale, none };
template <>
struct EnumNames<Whitening> {
  static constexpr std::array<std::string_view, 3> names{"filter", "scale", "none"};
};

// What inputs are. automatic: 2-D arrays hold signals as rows, all else is images.
enum class InputKind { automatic, images, signals };
template <>
struct EnumNames<InputKind> {
  static constexpr std::array<std::string_view, 3> names{"auto", "images", "signals"};
};

// How signals are prepared. What `prepare` returns of it is resolved: input is images or signals,
// and the factor is given.
struct Preprocessing {
  InputKind input = InputKind::automatic;
  PixelScale pixel_scale = PixelScale::unit;
  bool colour = false;
  Whitening whiten = Whitening::filter;
  double cutoff = 0.4;
  double variance = 0.1;
  std::optional<double> factor = {};
  PatchSettings patches = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.input, {.name = "input",
                    .sentence = "What the inputs are; auto: 2-D arrays hold signals as rows, all "
                                "else is images."});
    visit(s.pixel_scale, {.name = "pixel_scale",
                          .sentence = "unit: 8-bit pixels are value/255, 16-bit value/65535; raw: "
                                      "as stored."});
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
    visit(s.factor, {.name = "factor",
                     .range = above(0),
                     .sentence = "The factor itself, where it is known; otherwise it brings the "
                                 "images to the variance."});
    PatchSettings::describe(s.patches, visit);
  }
};

// Signals ready to be coded, with the record of how they were made.
template <class T>
struct Prepared {
  std::shared_ptr<const SignalSource<T>> signals;
  std::shared_ptr<const PatchSource<T>> patches;  // where signals are patches
  std::vector<double> patch_means;  // of all patches, if their signals are kept in memory
  // As whitened; null for signals, and for images that stay in their files.
  std::shared_ptr<const std::vector<Image<T>>> images;
  std::shared_ptr<const SignalFiles<T>> signal_files;  // where the signals lie, if in files
  std::vector<std::string> image_files;                // of each image, if they came from files
  Preprocessing preprocessing;                         // resolved
  Values inputs;                                       // files and the hash of their contents

  // Inputs and preprocessing together: what makes two jobs the same.
  Values identity() const;
  // Where signal i lies, for people: file and number, or image, row and column.
  std::string place(std::int64_t i) const;
  // Signals that are patches, with where each lies and what was subtracted from it.
  void read_patches(std::int64_t first, MatrixView<T> out, std::span<PatchPosition> positions,
                    std::span<double> means) const;
};

// Bytes of decoded images that are kept in memory.
inline constexpr std::int64_t kept_image_bytes = std::int64_t{512} << 20;

// `inputs`: files, folders, globs. Signals stay in their files and are read as they are needed.
// Images stay in memory if they take at most half of `kept_bytes`; otherwise they are decoded and
// whitened again as they are needed, and those used last are kept, up to `kept_bytes`. Random
// patches of such images are kept in their place if they take no more than that. The signals are
// the same bits either way. Error: nothing there, images smaller than a patch, constant images,
// signals of different lengths, a mixture of signals and images.
template <class T>
Prepared<T> prepare(const std::vector<std::string>& inputs, const Preprocessing& preprocessing,
                    std::int64_t kept_bytes = kept_image_bytes);
// The same from images in memory.
template <class T>
Prepared<T> prepare(std::vector<Image<T>> images, const Preprocessing& preprocessing);

// Signals in memory, as columns, taken as they are. Nothing is copied: they must outlive the result.
template <class T>
Prepared<T> prepare(MatrixView<const T> signals, const Preprocessing& preprocessing);

// Undoes the whitening of images, up to what the filter destroyed.
template <class T>
void undo_whitening(std::vector<Image<T>>& images, const Preprocessing& preprocessing);

// A model's preprocessing for coding new inputs, with what the user asks for in its place. Only how
// patches are sampled may differ from the model. Error (who: "encode"): anything else does.
Preprocessing as_model(const std::string& who, const Preprocessing& model, const Values& asked);

}  // namespace striate
