// The two-layer memory, from images to recalled patches: what `striate demo` runs.
//
//   images --whiten--> patches --learn--> subspace dictionary --code--> complex codes --> memory
//   noisy patch --code--> cue --recall--> state --decode with a gain--> patch
//
// How well it does is measured by recall_evaluation.h.
// Source     zhao2025 (the memory paper); frady2019 (threshold phasor memory)
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "striate/core/image.h"
#include "striate/core/observer.h"
#include "striate/core/settings.h"
#include "striate/pipelines/model.h"
#include "striate/pipelines/recall_evaluation.h"

namespace striate {

enum class Scale { small, full };
template <>
struct EnumNames<Scale> {
  static constexpr std::array<std::string_view, 2> names{"small", "full"};
};

struct TwoLayerSettings {
  Scale scale = Scale::small;
  Whitening whiten = Whitening::filter;
  std::vector<double> patterns = {};
  std::vector<double> noises = {0, 0.1, 0.25, 0.5, 0.75, 1};
  int draws = 10;
  std::optional<double> learn_seconds = {};
  std::int64_t seed = 0;

  static void describe(auto& s, auto&& visit) {
    visit(s.scale, {.name = "scale",
                    .sentence = "small: 12 x 12 patches, 128 pairs, seconds; full: the paper's "
                                "16 x 16 patches and 512 pairs, minutes."});
    visit(s.whiten, {.name = "whiten",
                     .sentence = "filter: |f| exp(-(f/0.4)^4), then one factor for all images; "
                                 "scale: the factor only; none: as read."});
    visit(s.patterns, {.name = "patterns",
                       .range = at_least(1),
                       .unit = "patterns",
                       .sentence = "Numbers of stored patterns; not given: the scale's choice."});
    visit(s.noises, {.name = "noises",
                     .range = at_least(0),
                     .unit = "patch standard deviations",
                     .sentence = "Noise levels of the cues."});
    visit(s.draws, {.name = "draws",
                    .range = at_least(1),
                    .unit = "draws",
                    .sentence = "Times that patterns and noise are drawn afresh."});
    visit(s.learn_seconds,
          {.name = "learn_seconds",
           .range = above(0),
           .unit = "seconds",
           .sentence = "Limit of the learning time; not given: the scale's steps "
                       "in full. With it, results depend on the machine's speed."});
    visit(s.seed,
          {.name = "seed", .range = at_least(0), .sentence = "Seed of all that is random."});
  }
};

// One patch of the user's own picture on its way through the model.
struct RecallExample {
  std::int64_t image = 0, row = 0, column = 0;                // where the patch was cut
  Image<float> clean, noisy, coding, recalled;                // whitened
  double noise = 0;                                           // in patch standard deviations
  double psnr_noisy = 0, psnr_coding = 0, psnr_recalled = 0;  // dB
  std::int64_t stored = 0;                                    // patterns in the memory
  std::int64_t target = 0;                                    // the patch's own place among them
  std::int64_t recalled_id = -1;
  Matrix<float> overlaps;  // |cos| with every stored pattern (rows) at steps 0, 1, ... (columns)
};

struct TwoLayerResult {
  TwoLayerSettings settings;
  Image<float> picture;   // the first image, as given
  Image<float> whitened;  // the same, whitened
  Model<float> model;
  Values dictionary;  // what the learned pairs look like
  Values coding;      // what the codes of the patches look like
  std::vector<RecallRow> rows;
  std::vector<RecallExample> examples;
  std::int64_t pair = 0;                 // the pair of phase_turn
  std::vector<Image<float>> phase_turn;  // cos(phi) d_2p + sin(phi) d_2p+1, phi = 0, 10, .. 350
  std::vector<std::pair<std::string, double>> seconds;  // per stage
  bool stopped = false;  // asked to stop; stages that were not reached are empty
};

// images: photographs, grey, as read. With `model`, nothing is learned.
// Error: no images, images smaller than a patch, P above the patches that can be drawn, a model
// without pairs.
TwoLayerResult two_layer_memory(const std::vector<Image<float>>& images,
                                const TwoLayerSettings& settings,
                                const Model<float>* model = nullptr, const Run& run = {});

}  // namespace striate
