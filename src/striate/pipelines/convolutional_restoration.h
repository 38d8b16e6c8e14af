// Problem    an image x from y = x + noise of standard deviation sigma, or from some of its pixels
// Update     y less its slow part (prepare_image, from what is seen) is coded by filters,
//            min 1/2 sum omega (s - sum_k d_k * x_k)^2 + lambda sum_k |d_k| |x_k|_1, omega 0 where a
//            pixel is missing, else 1; x is the slow part and the mean of sum_k d_k * x_k over several
//            codes, each by the filters turned or mirrored as a whole
// Symbols    lambda = lambda_factor sigma; without noise relative_lambda times the root mean square
//            of what is seen of s, and pixels seen come back as they are. Filters: a model's, or cosines
//            bettered on the image itself by some steps of cd. Colour: filters join the channels,
//            unless they are grey; then channels are coded one by one
// Cost       `turns` convolutional codes of the image; own filters: `steps` of learning more
// Instead    denoise.h, inpaint.h: the mean over codes of patches; on photographs with noise it is
//            better by about 0.7 dB, as every pixel is told by some dozens of codes
// Source     wohlberg2016; elad2006 (denoising by sparse codes)
#pragma once

#include <optional>

#include "striate/core/image.h"
#include "striate/core/observer.h"
#include "striate/pipelines/filter_model.h"

namespace striate {

// Filters that are learned on the image at hand.
struct OwnFilterSettings {
  std::int64_t filters = 64;
  int side = 8;
  std::int64_t steps = 10;
  double learning_lambda = 6;
  std::int64_t seed = 0;

  static void describe(auto& s, auto&& visit) {
    visit(s.filters, {.name = "filter_count",
                      .range = between(1, 65536),
                      .unit = "filters",
                      .sentence = "Filters to learn where none are given."});
    visit(s.side, {.name = "side",
                   .range = between(2, 64),
                   .unit = "taps",
                   .sentence = "Side of the filters where none are given."});
    visit(s.steps, {.name = "steps",
                    .range = at_least(0),
                    .sentence = "Times such filters are bettered on the image; 0: they stay what "
                                "they begin with, cosines or, unless filter_count is a square of "
                                "at least side, patches."});
    visit(s.learning_lambda,
          {.name = "learning_lambda",
           .range = above(0),
           .unit = "root mean square of the image less its slow part",
           .sentence = "Weight of the l1 norm where such filters are bettered: large, so that they "
                       "learn neither noise nor single pixels."});
    visit(s.seed, {.name = "seed", .range = at_least(0), .sentence = "Seed of the learning."});
  }
};

struct ConvolutionalDenoiseSettings {
  std::optional<double> sigma = {};
  double lambda_factor = 2.75;
  int turns = 2;
  double highpass = 5;
  Boundary boundary = Boundary::linear;
  double tolerance = 0.05;
  int max_iterations = 1000;
  OwnFilterSettings own = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.sigma, {.name = "sigma",
                    .range = above(0),
                    .unit = "units of the image",
                    .sentence = "Standard deviation of the noise; not given: estimated by denoise, "
                                "none for inpaint."});
    visit(s.lambda_factor, {.name = "lambda_factor",
                            .range = above(0),
                            .unit = "sigma",
                            .sentence = "Weight of the l1 norm of codes under filters of norm 1."});
    visit(s.turns, {.name = "turns",
                    .range = between(1, 8),
                    .sentence = "Codes whose mean is taken: by the filters as they are, mirrored, "
                                "with rows and columns exchanged, both, and these four upside "
                                "down."});
    visit(s.highpass, {.name = "highpass",
                       .range = at_least(0),
                       .unit = "weight of squared differences of neighbours",
                       .sentence = "Slow changes are split off before coding, where no model says "
                                   "how; 0: they are not."});
    visit(
        s.boundary,
        {.name = "boundary",
         .sentence = "circular: atoms wrap around; inside: none crosses the border; linear: atoms "
                     "hang over, and what hangs over counts for nothing."});
    visit(s.tolerance, {.name = "tolerance",
                        .range = at_least(0),
                        .unit = "relative duality gap",
                        .sentence = "A code is done when its gap is at most this."});
    visit(s.max_iterations, {.name = "max_iterations",
                             .range = at_least(1),
                             .sentence = "Limit for the iterations of a code."});
    OwnFilterSettings::describe(s.own, visit);
  }
};

struct ConvolutionalInpaintSettings : ConvolutionalDenoiseSettings {
  double relative_lambda = 0.15;

  static void describe(auto& s, auto&& visit) {
    ConvolutionalDenoiseSettings::describe(s, visit);
    visit(s.relative_lambda,
          {.name = "relative_lambda",
           .range = above(0),
           .unit = "root mean square of what is seen of the image less its slow part",
           .sentence = "Weight of the l1 norm of codes where there is no noise."});
  }
};

template <class T>
struct ConvolutionallyRestored {
  Image<T> image;
  FilterModel<T> model;      // used; without filters where nothing had to be done
  double sigma = 0;          // given or estimated; 0 of inpaint: no noise
  double lambda = 0;         // 0: what is seen has nothing but a slow part, and so has the result
  std::int64_t missing = 0;  // pixels
  double nonzeros = 0;       // per pixel and code
  double seconds = 0;
  StopReason stopped = StopReason::none;  // otherwise codes are unfinished, and some are left out
};

// `model`: filters and, unless that is left open, how images are prepared for them; null: learned on
// the image. An image whose
// estimated sigma is 0 comes back as it is. Error: settings, no pixels, a value that is not finite,
// filters of other channels than the image's or 1, a model with contrast, filters larger than the
// image but for linear.
template <class T>
ConvolutionallyRestored<T> denoise_convolutional(const Image<T>& image,
                                                 const ConvolutionalDenoiseSettings& settings = {},
                                                 const FilterModel<T>* model = nullptr,
                                                 const Run& run = {});

// `mask`: rows x columns of one channel, 0 where a pixel is missing (whose value may be anything,
// NaN too). With sigma what is seen is denoised. Error: also a mask of another shape or with nothing
// seen.
template <class T>
ConvolutionallyRestored<T> inpaint_convolutional(const Image<T>& image,
                                                 const Image<std::uint8_t>& mask,
                                                 const ConvolutionalInpaintSettings& settings = {},
                                                 const FilterModel<T>* model = nullptr,
                                                 const Run& run = {});

}  // namespace striate
