// Problem    min over filters d and codes x  sum_i 1/2 |s_i - sum_k d_k * x_ki|^2 + lambda |x_i|_1,
//            |d_k| = 1 (filter_set.h); with data weights sum omega (s - D x)^2 in place of |s - D x|^2
// Update     a step of cd, pgm, consensus: all images are coded by some iterations of cd.h from their
//            codes of the step before, then the filters are bettered, codes fixed
//              cd         filter by filter (detail/filter_update.h)
//              pgm        all at once, by accelerated gradient steps of a bounded length
//              consensus  ADMM in frequency, an own set of filters per image (detail/consensus.h)
//            of online: a batch of images is coded from zero, and d_k <- P(d_k + eta g_k / h_k)
// Symbols    g: minus the gradient in d_k; h_k: decayed mean of |x_k|^2, per image;
//            eta = step_size step_decay / (step_decay + step)
// Cost       coding; cd and pgm: some taps x nonzeros; consensus: 3 maps of every filter in memory per
//            image and 2 transforms of them per pass. online keeps no image and no code
// Instead    learn.h: patches, much faster where atoms need not be found at every position
// Source     wohlberg2016; cardona2018 (consensus); mairal2010 (filter by filter); bottou2018 (online)
//
// But for online the objective never rises: neither part of a step raises it, and a filter is only
// replaced where nothing uses it. Same bits for any number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "striate/convolutional/convolutional_settings.h"
#include "striate/convolutional/filter_set.h"
#include "striate/core/archive.h"
#include "striate/core/random.h"
#include "striate/core/source.h"
#include "striate/learning/batch_order.h"
#include "striate/learning/learn.h"
#include "striate/learning/learn_settings.h"

namespace striate {

enum class FilterMethod { cd, pgm, consensus, online };
template <>
struct EnumNames<FilterMethod> {
  static constexpr std::array names{"cd", "pgm", "consensus", "online"};
};

struct OnlineFilterSettings {
  std::int64_t batch = 1;
  double step_size = 0.5;
  double step_decay = 100;

  static void describe(auto& s, auto&& visit) {
    visit(s.batch, {.name = "batch",
                    .range = at_least(1),
                    .unit = "images",
                    .sentence = "Images per update of online."});
    visit(s.step_size, {.name = "step_size",
                        .range = above(0),
                        .sentence = "First step of online, relative to the curvature."});
    visit(s.step_decay,
          {.name = "step_decay",
           .range = above(0),
           .unit = "batches",
           .sentence = "After so many batches the steps of online are half as long."});
  }
};

struct ConsensusFilterSettings {
  double rho = 1;

  static void describe(auto& s, auto&& visit) {
    visit(s.rho, {.name = "filter_rho",
                  .range = above(0),
                  .unit = "mean energy of a filter's codes in an image",
                  .sentence = "Penalty of consensus between the filters of the images."});
  }
};

struct FilterLearningSettings {
  FilterMethod method = FilterMethod::cd;
  std::optional<double> lambda = {};
  std::optional<std::int64_t> filters = {};
  std::int64_t rows = 12, columns = 12;
  std::vector<double> sides = {};
  bool zero_mean = false;
  Boundary boundary = Boundary::circular;
  bool positive = false;
  Initial initial = Initial::data;
  std::optional<std::int64_t> steps = {};
  std::optional<double> epochs = {};
  int coding_iterations = 2;
  double tolerance = 1e-2;
  std::optional<int> passes = {};
  Replace replace = Replace::worst;
  double min_improvement = 0;
  std::int64_t seed = 0;
  OnlineFilterSettings online = {};
  ConsensusFilterSettings consensus = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.method, {.name = "method", .sentence = "How the filters are bettered."});
    visit(s.lambda, {.name = "lambda",
                     .python = "lam",
                     .range = above(0),
                     .unit = "that of the images",
                     .sentence = "Weight of the l1 norm of the codes; required."});
    visit(s.filters, {.name = "filters",
                      .range = at_least(1),
                      .sentence = "Number of filters; required where none are given."});
    visit(s.rows, {.name = "rows",
                   .range = at_least(1),
                   .unit = "taps",
                   .sentence = "Height of the filters."});
    visit(s.columns, {.name = "columns",
                      .range = at_least(1),
                      .unit = "taps",
                      .sentence = "Width of the filters."});
    visit(s.sides, {.name = "sides",
                    .range = at_least(1),
                    .unit = "taps",
                    .sentence = "Filters of several sizes: they share these sides in equal parts, "
                                "in order, each in the upper left corner. None: all are full."});
    visit(s.zero_mean, {.name = "zero_mean", .sentence = "Filters have mean 0."});
    visit(s.boundary, {.name = "boundary", .sentence = "Where atoms may lie, as in coding."});
    visit(s.positive, {.name = "positive", .sentence = "Codes are at least 0."});
    visit(s.initial, {.name = "initial",
                      .sentence = "Filters to begin with, where none are given: patches of the "
                                  "images drawn at random, or random directions."});
    visit(s.steps, {.name = "steps",
                    .range = at_least(1),
                    .sentence = "Updates in all; this or epochs. Neither: 50, of online 1 epoch."});
    visit(s.epochs, {.name = "epochs",
                     .range = above(0),
                     .sentence = "Times every image is used, on average."});
    visit(s.coding_iterations, {.name = "coding_iterations",
                                .range = at_least(1),
                                .sentence = "Most iterations of coding an image per step, but for "
                                            "the first of it, which goes on to the tolerance."});
    visit(s.tolerance, {.name = "tolerance",
                        .range = at_least(0),
                        .unit = "relative duality gap",
                        .sentence = "An image is coded when its gap is at most this."});
    visit(s.passes,
          {.name = "passes",
           .range = at_least(1),
           .sentence = "Times the filters are bettered after a coding, but of online. Not given: "
                       "1 of cd, 10 of pgm and consensus."});
    visit(s.replace, {.name = "replace",
                      .sentence = "What takes the place of a filter that no code uses: the worst "
                                  "fitted patch of the images, a random one, or nothing."});
    visit(
        s.min_improvement,
        {.name = "min_improvement",
         .range = {.low = 0, .high = 1, .low_open = false},
         .sentence = "Stop once a step lowers the objective by less than this fraction; 0: never. "
                     "Not of online."});
    visit(s.seed,
          {.name = "seed", .range = at_least(0), .sentence = "Seed of all that is random."});
    OnlineFilterSettings::describe(s.online, visit);
    ConsensusFilterSettings::describe(s.consensus, visit);
  }
};

// A row of the history: after `step` steps.
struct FilterLearningRow {
  std::int64_t step = 0;
  std::int64_t images = 0;  // learned from so far, repeats counted
  double seconds = 0;
  // Sums over all images, codes at hand and filters after the step; online: over the batch, with the
  // filters before it.
  double objective = 0, data_fidelity = 0, l1 = 0;
  std::int64_t nonzeros = 0;
  std::int64_t filters_in_use = 0;
  std::int64_t replaced = 0;

  static void for_each_figure(const auto& f) {
    f("step", &FilterLearningRow::step);
    f("images", &FilterLearningRow::images);
    f("seconds", &FilterLearningRow::seconds);
    f("objective", &FilterLearningRow::objective);
    f("data_fidelity", &FilterLearningRow::data_fidelity);
    f("l1", &FilterLearningRow::l1);
    f("nonzeros", &FilterLearningRow::nonzeros);
    f("filters_in_use", &FilterLearningRow::filters_in_use);
    f("replaced", &FilterLearningRow::replaced);
  }
};

// Learning step by step, for callers that checkpoint or look in between. It keeps references to the
// sources.
template <class T>
class FilterLearning {
 public:
  // `data_weights`: one per image, of its shape; null: all 1. `initial`: filters to begin with, taps
  // of rows x columns x channels as columns; null: settings.initial makes them.
  // Error: settings, no image, shapes that do not fit, a filter that is zero or not finite; consensus
  // with data weights or linear.
  FilterLearning(const ImageSource<T>& images, const FilterLearningSettings& settings,
                 const Matrix<T>* initial = nullptr, const ImageSource<T>* data_weights = nullptr);
  // Goes on where save() was called. Error: other images or settings (steps, epochs and
  // min_improvement may differ), or an archive that is no state of learning filters.
  FilterLearning(const ImageSource<T>& images, const FilterLearningSettings& settings,
                 const Archive& saved, const ImageSource<T>* data_weights = nullptr);

  bool done() const;
  // False if the run asked to stop meanwhile: then nothing is changed. Error: an image with NaN or
  // infinity, by its number.
  bool step(const Run& run = {});
  Archive save() const;

  const Matrix<T>& filters() const { return taps_; }
  FilterBank<T> bank() const { return {taps_, set_.rows, set_.columns, set_.channels}; }
  const FilterSet& filter_set() const { return set_; }
  std::int64_t steps() const { return steps_; }
  std::int64_t total_steps() const { return total_steps_; }
  const std::vector<FilterLearningRow>& history() const { return history_; }
  // Of all images, under the filters at hand; none of online.
  const std::vector<ConvolutionalCodes<T>>& codes() const { return codes_; }

 private:
  void prepare();
  std::vector<T> patch(Random random) const;
  void draw(Initial kind, std::int64_t filter, std::int64_t item, std::span<T> taps) const;
  bool online() const { return settings_.method == FilterMethod::online; }
  std::vector<std::int64_t> next_images() const;

  const ImageSource<T>& images_;
  const ImageSource<T>* data_weights_;
  FilterLearningSettings settings_;
  FilterSet set_;
  std::int64_t total_steps_ = 0, steps_ = 0;
  BatchOrder order_;
  Matrix<T> taps_;
  std::vector<ConvolutionalCodes<T>> codes_;
  std::vector<double> curvature_;  // h_k of online, not yet divided by curvature_weight_
  double curvature_weight_ = 0, seconds_ = 0;
  std::vector<FilterLearningRow> history_;
};

template <class T>
struct FilterLearningResult {
  Matrix<T> filters;
  FilterSet filter_set;
  std::vector<ConvolutionalCodes<T>> codes;  // none of online
  std::vector<FilterLearningRow> history;
  LearnStatus status = LearnStatus::completed;
};

// Runs a job to its end, or until the run asks to stop. The observer is told objective, nonzeros
// per pixel and filters in use; `after_step` is called on the caller's thread.
template <class T>
FilterLearningResult<T> learn_filters(
    FilterLearning<T>& job, const Run& run = {},
    const std::function<void(const FilterLearning<T>&)>& after_step = {});

}  // namespace striate
