// The two-layer memory from images to recalled patches, and how well it does.
//
//   images --whiten--> patches --learn--> subspace dictionary --code--> complex codes --store-->
//   memory noisy patch --code--> cue --recall--> state --decode with a gain--> patch
//
// Problem    does a memory of sparse codes give back a stored patch from a noisy one, and does it
// do
//            more than sparse coding alone, or than naming the nearest stored code?
// Symbols    P patterns, s noise (in units of the patch standard deviation), z code, A dictionary
// Measures   PSNR of noisy patch, sparse coding, memory (peak: each clean patch's maximum, the dB
// are
//            averaged); identification: the stored pattern with the largest normalised overlap is
//            the right one; each beside what no memory would do (see RecallRow)
// Source     zhao2025 (the memory paper); frady2019 (threshold phasor memory)
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "striate/core/image.h"
#include "striate/core/observer.h"
#include "striate/core/settings.h"
#include "striate/pipelines/learn_model.h"
#include "striate/pipelines/model.h"

namespace striate {

enum class Scale { small, full };
template <>
struct EnumNames<Scale> {
  static constexpr std::array<std::string_view, 2> names{"small", "full"};
};

struct TwoLayerSettings {
  Scale scale = Scale::small;
  std::vector<double> patterns = {};  // P; empty: the scale's own choice
  std::vector<double> noises = {};    // s; empty: 0 to 1
  int draws = 10;                     // fresh patterns and noise for every P
  std::uint64_t seed = 0;

  static void describe(auto& s, auto&& visit) {
    visit(s.scale, {.name = "scale",
                    .sentence = "small: 12 x 12 patches and 128 pairs; full: the paper's 16 x 16 "
                                "patches and 512 pairs."});
    visit(s.patterns, {.name = "patterns",
                       .range = at_least(1),
                       .unit = "patterns",
                       .sentence = "Numbers of stored patterns; empty: the scale's choice."});
    visit(s.noises, {.name = "noises",
                     .range = at_least(0),
                     .unit = "patch standard deviations",
                     .sentence = "Noise levels of the cues; empty: 0 to 1."});
    visit(s.draws, {.name = "draws",
                    .range = at_least(1),
                    .unit = "draws",
                    .sentence = "Times that every number of patterns is drawn afresh."});
  }
};

// One point of the evaluation: a rule at P patterns and noise s, over all draws.
struct RecallRow {
  std::string rule;                 // "tpam", "graded_hebbian"
  std::string steps;                // "1" or "settled"
  int patterns = 0;                 // P
  double noise = 0;                 // in units of the patch standard deviation
  double noise_absolute = 0;        // standard deviation added to the whitened patch
  std::int64_t cues = 0;            // patterns x draws
  double identification = 0;        // share of cues whose recalled state names the right pattern
  double identification_error = 0;  // binomial standard error sqrt(p (1 - p) / cues)
  double psnr_noisy = 0;            // dB, the cue itself
  double psnr_coding = 0;           // dB, sparse coding of the cue alone
  double psnr_memory = 0;           // dB, recalled
  double mean_steps = 0;
  // What no memory dynamics would do.
  double identification_nearest = 0;  // nearest stored code of the cue
  double psnr_nearest = 0;            // that code, decoded with a fitted gain
  double psnr_random = 0;             // a random stored pattern, with a fitted gain
  double psnr_zero = 0;               // the zero image
};

// The user's own picture: one patch on its way through the model.
struct RecallExample {
  Image<float> picture;                         // the image it was cut from, as given (grey)
  std::int64_t row = 0, column = 0;             // of the patch in the picture
  Image<float> clean, noisy, coding, recalled;  // whitened patches
  double noise = 0;
  double psnr_noisy = 0, psnr_coding = 0, psnr_recalled = 0;
  Matrix<float> overlaps;   // stored patterns x steps: moduli of the normalised overlaps
  std::int64_t target = 0;  // row of `overlaps` that belongs to the patch
};

struct TwoLayerResult {
  TwoLayerSettings settings;
  Model<float> model;
  Values dictionary;  // figures of the learned pairs: see statistics/gabor_fit.h
  Values coding;      // patches, nonzero_pairs, worst_relative_gap, seconds_per_10000
  std::vector<RecallRow> rows;
  std::vector<RecallExample> examples;
  std::int64_t pair = 0;                 // the pair of phase_turn
  std::vector<Image<float>> phase_turn;  // cos(phi) d_2p + sin(phi) d_2p+1, phi = 0 .. 360 degrees
  std::vector<std::pair<std::string, double>> seconds;  // per stage
  bool stopped = false;  // asked to stop: what is here is complete in itself
};

// images: photographs as read (grey, value/255). Error: no images, images smaller than a patch,
// P above the number of patches that can be drawn.
TwoLayerResult two_layer_memory(const std::vector<Image<float>>& images,
                                const TwoLayerSettings& settings, const Run& run = {});

}  // namespace striate
