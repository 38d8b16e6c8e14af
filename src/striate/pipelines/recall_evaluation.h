// Problem    does a memory give back stored patches from noisy ones, and does it do more
//            than sparse coding alone, or than naming the nearest stored code?
// Symbols    P patterns stored, s noise in units of the patches' standard deviation, z code
// Measures   PSNR (peak: each clean patch's maximum; the dB are averaged) of noisy patch, sparse
//            coding and memory; identification: the stored pattern with the largest normalised
//            overlap is the right one; each beside what no memory dynamics would do
// Source     zhao2025, figure 3
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "striate/core/matrix.h"
#include "striate/core/observer.h"
#include "striate/core/settings.h"
#include "striate/memory/associative_memory.h"
#include "striate/pipelines/model.h"
#include "striate/solvers/encoding.h"

namespace striate {

// One point: a rule at P patterns and noise s, over all draws.
struct RecallRow {
  std::string rule;
  std::string steps;                // "1" or "settled"
  double winners = 0;               // k, mean over the draws
  int patterns = 0;                 // P
  double noise = 0;                 // in units of the patches' standard deviation
  double noise_absolute = 0;        // standard deviation added to each pixel
  std::int64_t cues = 0;            // P x draws
  double identification = 0;        // share of cues whose recalled state names the right pattern
  double identification_error = 0;  // binomial standard error
  double psnr_noisy = 0;            // dB, the noisy patch
  double psnr_coding = 0;           // dB, its sparse code decoded
  double psnr_memory = 0;           // dB, recalled
  double mean_steps = 0;
  double identification_nearest = 0;  // of the stored code nearest to the cue: no dynamics
  double psnr_nearest = 0;            // dB, that code with a fitted gain
  double psnr_random = 0;             // dB, a random stored pattern with a fitted gain
  double psnr_zero = 0;               // dB, the zero image
};
// The columns of a table of rows, in their order above: name and text.
std::vector<std::pair<std::string, std::string>> columns_of(const RecallRow& row);

// A memory to be tried.
struct RecallVariant {
  std::string rule;
  // k winners are the median size of the smallest sets of units that hold this share of the energy
  // of a stored code; 1: all its units, as the memory itself chooses.
  double energy_share = 1;
};

struct RecallEvaluation {
  // Phases of the strongest units; and the memory paper taken at its word.
  std::vector<RecallVariant> variants = {{"tpam", 0.8}, {"graded_hebbian", 1}};
  std::vector<int> patterns;
  std::vector<double> noises;
  int draws = 10;
  double tolerance = 1e-4;  // of the codes
  std::uint64_t seed = 0;
};

// Patches `clean` (m x n) are drawn without return, P at a time, afresh for every draw; noise is
// Gaussian and afresh for every draw and level. Error: P above n.
template <class T>
std::vector<RecallRow> evaluate_recall(const Model<T>& model, MatrixView<const T> clean,
                                       const RecallEvaluation& evaluation, const Run& run = {});

// The standard deviation of all elements about 0: the unit of noise.
template <class T>
double patch_deviation(MatrixView<const T> patches);
// The patches with noise of this standard deviation; column j's noise is a function of seed and j.
template <class T>
Matrix<T> with_noise(MatrixView<const T> clean, double deviation, std::uint64_t seed);
// Codes by the model's own coder.
template <class T>
Encoding<T> encode_with(const Model<T>& model, const Dictionary<T>& dictionary, Signals<T> signals,
                        double tolerance, const Run& run);
// Mean over the columns of 10 log10(max(clean)^2 / mean squared error).
template <class T>
double mean_psnr(MatrixView<const T> clean, MatrixView<const T> other);

}  // namespace striate
