// Problem    an image x from y = x + noise of standard deviation sigma
// Update     every patch, less its mean: the fewest atoms with |y - D z|^2 <= m (error_gain sigma)^2 (omp);
//            x is the mean of D z plus the patch's mean over all patches that cover a pixel, and of
//            the noisy pixel, counted noisy_weight times
// Symbols    m values per patch; D given, or learned on the patches of y itself with
//            lambda = learning_threshold sigma. Colour: a patch joins the channels, unless the
//            dictionary is grey; then they are denoised one by one
// Cost       learning, then one pursuit per patch: (rows - p + 1) (columns - p + 1) / stride^2
// Instead    sigma unknown: images/noise.h estimates it, which happens here if it is not given
// Source     elad2006; the online learner (mairal2010) stands in for its K-SVD
#pragma once

#include <optional>

#include "striate/core/image.h"
#include "striate/core/observer.h"
#include "striate/pipelines/patch_restoration.h"

namespace striate {

struct DenoiseSettings {
  std::optional<double> sigma = {};
  int stride = 1;
  double error_gain = 1.15;
  double noisy_weight = 0.5;
  double learning_threshold = 1.5;
  OwnDictionarySettings own = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.sigma, {.name = "sigma",
                    .range = above(0),
                    .unit = "units of the image",
                    .sentence = "Standard deviation of the noise; not given: estimated."});
    visit(s.stride, {.name = "stride",
                     .range = at_least(1),
                     .unit = "pixels",
                     .sentence = "Distance between neighbouring patches, at most their side."});
    visit(s.error_gain,
          {.name = "error_gain",
           .range = above(0),
           .sentence = "A patch is done when its root mean squared error is this many "
                       "sigma."});
    visit(s.noisy_weight, {.name = "noisy_weight",
                           .range = at_least(0),
                           .unit = "patches",
                           .sentence = "How often the noisy pixel counts in the mean over the "
                                       "patches that cover it."});
    visit(s.learning_threshold, {.name = "learning_threshold",
                                 .range = above(0),
                                 .unit = "sigma",
                                 .sentence = "lambda of the learning on the image itself."});
    OwnDictionarySettings::describe(s.own, visit);
  }
};

template <class T>
struct Denoised {
  Image<T> image;
  double sigma = 0;     // given or estimated
  Matrix<T> atoms;      // used; empty where sigma is 0
  double nonzeros = 0;  // per patch
  double seconds = 0;
  StopReason stopped = StopReason::none;  // otherwise pixels that no patch covered yet are noisy
};

// `atoms`: a dictionary (m x K); null: learned on the image. An image whose estimated sigma is 0
// comes back as it is. Error: settings, an image smaller than a patch, a value that is not finite,
// atoms whose length fits no square patch.
template <class T>
Denoised<T> denoise(const Image<T>& image, const DenoiseSettings& settings = {},
                    const Matrix<T>* atoms = nullptr, const Run& run = {});

}  // namespace striate
