// Images as outputs: a folder of stills, one still, or one array for all. Whole or not at all.
#pragma once

#include <string>
#include <vector>

#include "striate/core/image.h"
#include "striate/core/settings.h"
#include "striate/io/images.h"

namespace striate::cli {

struct ImageOutput {
  bool centred = false;  // values lie around 0, as whitened ones do: stills show 0 as middle grey
                         // and the largest modulus as black or white
  PixelScale pixel_scale = PixelScale::unit;  // what is white in stills, unless centred
  bool sixteen_bits = false;
  bool force = false;
  // Attributes of the group provenance/run, where the format has a place for them.
  Values run = {};
};

// `output` without a suffix is a folder of NAME-0000.png, ...; with a still's suffix one image;
// else an array (n, rows, columns[, channels]), which needs images of one shape. UsageError: the
// name fits none of it.
template <class T>
void write_images(const std::string& output, const std::string& name,
                  const std::vector<Image<T>>& images, const ImageOutput& how = {});

}  // namespace striate::cli
