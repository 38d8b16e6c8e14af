// Files that say which pixels are seen, or how much each counts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "striate/core/image.h"
#include "striate/core/settings.h"
#include "striate/core/source.h"
#include "striate/pipelines/convolutional_job.h"

namespace striate::cli {

// 1 where a pixel is seen: where a black and white image is white, or an array of true and false is
// true. Error: more than two values, or real numbers.
Image<std::uint8_t> read_mask(const std::filesystem::path& path);

// Of the verbs that code whole images by filters.
struct PixelWeightOptions {
  std::string mask = {};
  std::string data_weights = {};

  bool given() const { return !mask.empty() || !data_weights.empty(); }

  static void describe(auto& s, auto&& visit) {
    visit(s.mask,
          {.name = "mask",
           .unit = "FILE",
           .sentence = "What is seen: a black and white image or an array of true and "
                       "false; white, true or 1 is seen. One for all images, or a folder of "
                       "masks in their order. Where nothing is seen images may hold NaN."});
    visit(s.data_weights,
          {.name = "data_weights",
           .unit = "FILE",
           .sentence = "Weights at least 0 of the squared errors of pixels, in place of a mask: an "
                       "array or an image (white is 1). One for all images, or one for each: a "
                       "folder, or an array (n, H, W)."});
  }
};

template <class T>
struct PixelWeights {
  // One per image, of its shape, read from the files as they are needed. Null: none were given.
  std::shared_ptr<const ImageSource<T>> images;
  Values inputs;  // names and the hash of the files
};

// What the options name, for these images. UsageError: both of them, or neither one file nor one per
// image. Error that names the file: no mask, a weight below 0, other sizes than the image's.
template <class T>
PixelWeights<T> pixel_weights(const PixelWeightOptions& options, const NamedImages<T>& images);

}  // namespace striate::cli
