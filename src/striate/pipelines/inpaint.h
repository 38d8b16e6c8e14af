// Problem    an image x of which some pixels are seen, y = x + noise there, and the others are not
// Update     every patch, less the mean of what is seen of it: the fewest atoms whose error there
//            has a root mean square of at most e (omp on the seen rows of D and of a constant; an
//            atom is shortened to 1 / (1 + 0.3 f), as omp prefers long atoms and a few pixels tell
//            little of fine detail); a missing pixel is the mean over all patches that cover it,
//            each weighted by how much of it is seen. Pixels that no such patch covers: again, with
//            what was filled as seen, from the border inwards
// Symbols    f = |gradient d| / |d|, in half-cycles per patch. e = relative_error times the
//            standard deviation of the seen pixels, which come back as they are; with sigma e =
//            error_gain sigma, and they are denoised. D given, or learned (ksvd) on the image as
//            cosines fill it. Colour: a patch joins the channels, unless the dictionary is grey;
//            then they are filled one by one
// Cost       one pursuit per patch that misses a pixel, with atoms of its own; an own dictionary:
//            twice that, and the learning
// Instead    denoise: all pixels are seen
// Source     mairal2008; elad2006
#pragma once

#include <optional>

#include "striate/core/image.h"
#include "striate/core/observer.h"
#include "striate/pipelines/patch_restoration.h"

namespace striate {

struct InpaintSettings {
  std::optional<double> sigma = {};
  double relative_error = 0.05;
  PatchCodingSettings patches = {};
  OwnDictionarySettings own = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.sigma, {.name = "sigma",
                    .range = above(0),
                    .unit = "units of the image",
                    .sentence = "Standard deviation of the noise on what is seen; not given: there "
                                "is none."});
    visit(s.relative_error,
          {.name = "relative_error",
           .range = above(0),
           .sentence = "Without sigma, a patch is done when its root mean squared error is this "
                       "part of the standard deviation of all pixels seen."});
    PatchCodingSettings::describe(s.patches, visit);
    OwnDictionarySettings::describe(s.own, visit);
  }
};

template <class T>
struct Inpainted {
  Image<T> image;
  Matrix<T> atoms;           // used
  std::int64_t missing = 0;  // pixels
  int passes = 0;            // from the border inwards
  double nonzeros = 0;       // per patch, the constant included
  double seconds = 0;
  StopReason stopped = StopReason::none;  // otherwise missing pixels may be the mean of those seen
};

// `mask`: rows x columns of one channel, 0 where a pixel is missing (whose value may be anything,
// NaN too). `atoms`: a dictionary (m x K); null: learned on the image. Error: settings, a mask of
// another shape or with nothing seen, an image smaller than a patch, a value seen that is not
// finite, atoms whose length fits no square patch.
template <class T>
Inpainted<T> inpaint(const Image<T>& image, const Image<std::uint8_t>& mask,
                     const InpaintSettings& settings = {}, const Matrix<T>* atoms = nullptr,
                     const Run& run = {});

}  // namespace striate
