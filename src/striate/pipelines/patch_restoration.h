// What denoising and inpainting by patches share: the dictionary of an image, and the mean of
// overlapping patches, taken block by block so that memory does not grow with the image.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "striate/core/image.h"
#include "striate/core/matrix.h"
#include "striate/core/observer.h"
#include "striate/core/settings.h"
#include "striate/images/patches.h"

namespace striate {

// How patches are taken and coded where the standard deviation sigma of the noise is known.
struct PatchCodingSettings {
  int stride = 1;
  double error_gain = 1.15;
  double noisy_weight = 0.5;

  static void describe(auto& s, auto&& visit) {
    visit(s.stride, {.name = "stride",
                     .range = at_least(1),
                     .unit = "pixels",
                     .sentence = "Distance between neighbouring patches, at most their side."});
    visit(s.error_gain, {.name = "error_gain",
                         .range = above(0),
                         .sentence = "A patch is done when its root mean squared error is this "
                                     "many sigma."});
    visit(s.noisy_weight, {.name = "noisy_weight",
                           .range = at_least(0),
                           .unit = "patches",
                           .sentence = "How often the noisy pixel counts in the mean over the "
                                       "patches that cover it."});
  }
};

// A dictionary that is learned on the image at hand.
struct OwnDictionarySettings {
  int patch = 8;
  std::int64_t atoms = 256;
  std::int64_t training_patches = 60000;
  double epochs = 10;
  std::int64_t seed = 0;

  static void describe(auto& s, auto&& visit) {
    visit(s.patch, {.name = "patch",
                    .range = between(2, 64),
                    .unit = "pixels",
                    .sentence = "Side of the patches where no model gives it."});
    visit(s.atoms, {.name = "atoms",
                    .range = between(1, 65536),
                    .unit = "atoms",
                    .sentence = "Atoms to learn where there is no model."});
    visit(s.training_patches, {.name = "training_patches",
                               .range = at_least(1),
                               .unit = "patches",
                               .sentence = "Patches of the image to learn from, at most."});
    visit(s.epochs, {.name = "epochs",
                     .range = above(0),
                     .sentence = "Times each of them is learned from, on average."});
    visit(s.seed, {.name = "seed", .range = at_least(0), .sentence = "Seed of the learning."});
  }
};

namespace detail {

// Error that begins with `who`: an image without pixels or with a value that is not finite, other
// than where `mask` (rows x columns, empty: everywhere) is 0.
template <class T>
void check_image(std::string_view who, ImageView<const T> image,
                 ImageView<const std::uint8_t> mask = {});

// How many pixels `mask` says are missing. Error that begins with `who`: a mask of another shape or
// with nothing seen, or as check_image.
template <class T>
std::int64_t missing_pixels(std::string_view who, ImageView<const T> image,
                            ImageView<const std::uint8_t> mask);

// The side of the patches of atoms with so many rows; `channels` becomes 1 where the atoms are
// grey and the image is not, so that its channels are treated one by one. Error otherwise.
std::int64_t patch_side(std::string_view who, std::int64_t rows, std::int64_t& channels);

// Atoms learned on patches of the image by K-SVD with omp, from cosines where the image is grey and
// from patches else, as elad2006. `error`: the root mean squared error at which a patch is done. A
// stop keeps what was learned so far.
template <class T>
Matrix<T> own_dictionary(std::string_view who, const Image<T>& image, double error,
                         const OwnDictionarySettings& settings, const Run& run);

// A weighted mean of overlapping patches.
template <class T>
class PatchAverage {
 public:
  explicit PatchAverage(ImageView<const T> image)
      : rows_(image.rows),
        columns_(image.columns),
        channels_(image.channels),
        sums_(static_cast<std::size_t>(image.size())),
        weights_(sums_.size()) {}

  void add(std::span<const T> patch, std::int64_t side, std::int64_t row, std::int64_t column,
           double mean, double weight);
  bool covers(std::int64_t i) const { return weights_[static_cast<std::size_t>(i)] > 0; }
  // The mean at value i of the image, with `prior` counted `prior_weight` times.
  double at(std::int64_t i, double prior = 0, double prior_weight = 0) const;

 private:
  std::int64_t rows_, columns_, channels_;
  std::vector<double> sums_, weights_;
};

// Corners of patches every `stride` pixels, the last of a row or column flush with the edge.
std::vector<PatchPosition> patch_corners(std::int64_t rows, std::int64_t columns, std::int64_t side,
                                         std::int64_t stride);

// The codes of patches, as the image that they make.
template <class T>
struct CodedPatches {
  PatchAverage<T> mean;
  double nonzeros = 0;                    // per patch
  StopReason stopped = StopReason::none;  // otherwise some patches are left out
};

// Codes the patches at `corners`, each less the mean of its known values, by the fewest atoms with a
// root mean squared error of at most `error` (omp). `known` (rows x columns; none: all) tells which
// pixels are looked at: all values of a patch count with its number of known pixels.
template <class T>
CodedPatches<T> code_patches(ImageView<const T> image, const Matrix<T>& atoms, std::int64_t side,
                             std::span<const PatchPosition> corners, double error, const Run& run,
                             ImageView<const std::uint8_t> known = {});

// Channel c of an image, and back into it.
template <class T>
Image<T> channel_of(ImageView<const T> image, std::int64_t c);
template <class T>
void put_channel(const Image<T>& from, std::int64_t c, Image<T>& image);

// What is left of a run's time, and its observer.
Run rest_of(const Run& run, double seconds);

}  // namespace detail
}  // namespace striate
