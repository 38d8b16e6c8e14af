// Problem    give back a whole photograph from noise, from a part of it, or from where it was moved to
// Update     store: the photograph less its slow part is coded by filters; the K strongest entries,
//            with their values fitted again, are a pattern of an associative memory; the slow part lies
//            beside it on a coarse grid. recall: the cue is coded alike, from what is seen of it, and
//            settles; the state is decoded, and the slow part of the pattern it is nearest to is added
// Symbols    unit (r W + c) filters + k: filter k at position (r, c) of the maps, W positions wide.
//            Coefficients are real, so a unit's imaginary part is 0 and only its sign turns: filters are
//            no quadrature pairs, and two of them as one complex number would let the phase of a
//            state mix atoms that have nothing to do with one another. Positions are not pooled: a
//            state must say where its atoms lie to be decoded
// Cost       store: a code and 15 iterations of refit.h; recall: a code, two passes over the memory's
//            units (maps times positions), and with a reach r (2 r + 1)^2 passes over its entries
// Instead    two_layer_memory.h: patches; denoise_convolutional, inpaint_convolutional: photographs
//            that were never stored
// Source     zhao2025 (names the extension); wohlberg2016 (codes)
//
//   ConvolutionalMemory<float> memory(model, 256, 256);
//   auto ids = memory.store(photographs);
//   auto recalled = memory.recall(cues, {.sigma = 0.1});
//
// const calls are safe together; store and forget wait for them. A call that throws leaves the memory
// unchanged.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "striate/core/archive.h"
#include "striate/core/image.h"
#include "striate/core/observer.h"
#include "striate/memory/associative_memory.h"
#include "striate/pipelines/filter_model.h"

namespace striate {

struct ConvolutionalMemorySettings {
  std::optional<std::int64_t> nonzeros = {};
  double relative_lambda = 1;
  double lambda_factor = 2.75;
  std::optional<double> highpass = {};
  std::int64_t spacing = 8;
  double tolerance = 0.05;
  int max_iterations = 1000;

  static void describe(auto& s, auto&& visit) {
    visit(s.nonzeros, {.name = "nonzeros",
                       .range = at_least(1),
                       .unit = "entries",
                       .sentence = "Strongest entries of a code that are stored; one for every 16 "
                                   "values of an image if not given."});
    visit(s.relative_lambda,
          {.name = "relative_lambda",
           .range = above(0),
           .unit = "root mean square of what is seen of the image less its slow part",
           .sentence = "Weight of the l1 norm of codes under filters of norm 1."});
    visit(s.lambda_factor, {.name = "lambda_factor",
                            .range = above(0),
                            .unit = "sigma",
                            .sentence = "The same for a cue with noise, where it is more."});
    visit(
        s.highpass,
        {.name = "highpass",
         .range = at_least(0),
         .unit = "weight of squared differences of neighbours",
         .sentence = "Slow changes are split off before coding; 0: they are not; not given: as the "
                     "model says, else 10."});
    visit(s.spacing, {.name = "spacing",
                      .range = between(1, 65536),
                      .unit = "pixels",
                      .sentence = "Side of the cells of the grid that keeps the slow part."});
    visit(s.tolerance, {.name = "tolerance",
                        .range = at_least(0),
                        .unit = "relative duality gap",
                        .sentence = "A code is done when its gap is at most this."});
    visit(s.max_iterations, {.name = "max_iterations",
                             .range = at_least(1),
                             .sentence = "Limit for the iterations of a code."});
  }
};

struct ImageRecallSettings {
  std::optional<double> sigma = {};
  int max_shift = 0;
  int max_steps = 10;
  Readout readout = Readout::state;

  static void describe(auto& s, auto&& visit) {
    visit(s.sigma, {.name = "sigma",
                    .range = at_least(0),
                    .unit = "units of the image",
                    .sentence = "Standard deviation of the cues' noise; not given: estimated where "
                                "all of a cue is seen, else 0."});
    visit(s.max_shift, {.name = "max_shift",
                        .range = between(0, 1024),
                        .unit = "pixels",
                        .sentence = "Cues may be moved by so much along rows and columns."});
    visit(s.max_steps, {.name = "max_steps",
                        .range = at_least(0),
                        .unit = "steps",
                        .sentence = "Updates of all units before stopping."});
    visit(s.readout, {.name = "readout", .sentence = "What is decoded as the recalled code."});
  }
};

// One entry per cue in each.
template <class T>
struct ImageRecall {
  std::vector<Image<T>> images;  // recalled, where the cue lies; 0 if nothing was
  std::vector<Image<T>> coded;   // what the cue's own code and slow part stand for, without memory
  // As RecallResult has them, with the cue moved back to where its pattern lies. kind invalid: a
  // value that is seen is not finite; silent: nothing is stored, nothing is seen, or a cue that has
  // nothing but a slow part.
  std::vector<std::int64_t> ids;
  std::vector<double> cosines, margins, familiarity, familiarity_margins;
  std::vector<Kind> kinds;
  SparseCodes<T> states;                    // of 2 units() atoms, in the pattern's place
  std::vector<std::int64_t> rows, columns;  // where the cue lies: down and right of the pattern
  std::vector<double> sigmas;               // noise that the cue was taken to have
  StopReason stopped = StopReason::none;    // otherwise the last cues are left out
};

template <class T>
class ConvolutionalMemory {
 public:
  // Of images of rows x columns pixels with the filters' channels. `memory`: its rule and dynamics;
  // units are set here. Error: settings, a filter that is 0, a model with whitening, contrast or a
  // disc, more nonzeros than the maps have places, units given and not theirs.
  ConvolutionalMemory(const FilterModel<T>& model, std::int64_t rows, std::int64_t columns,
                      const ConvolutionalMemorySettings& settings = {},
                      const MemorySettings& memory = {.rule = "top1"});
  ~ConvolutionalMemory();
  ConvolutionalMemory(ConvolutionalMemory&&) noexcept;
  ConvolutionalMemory& operator=(ConvolutionalMemory&&) noexcept;

  std::int64_t size() const;                            // images stored
  std::int64_t units() const;                           // filters x positions
  std::int64_t nonzeros() const;                        // K
  std::vector<std::int64_t> ids() const;                // rising
  const FilterModel<T>& model() const;                  // with filters of norm 1
  const ConvolutionalMemorySettings& settings() const;  // as given
  const AssociativeMemory<T>& memory() const;           // the codes, the rule
  // That the codes, slow parts, norms and ids of all images take; what recall holds beside them is
  // in memory().bytes().
  std::int64_t bytes() const;

  // Returns the ids; of fewer images, the first ones, if the run was stopped. Error: an image of
  // another size, a value that is not finite, an image that has nothing but a slow part; the image is
  // named.
  std::vector<std::int64_t> store(const std::vector<Image<T>>& images, const Run& run = {});
  // Error: an id that is not stored, or given twice.
  void forget(std::span<const std::int64_t> ids);

  // `masks`: none, or one per cue, rows x columns of one channel, 0 where the cue is not seen (and may
  // hold anything, NaN too). A unit counts as seen where 0.4 of its filter's pixels are; the others
  // have no part in overlaps and norms. Error: a cue or mask of another shape, another number of masks.
  ImageRecall<T> recall(const std::vector<Image<T>>& cues, const ImageRecallSettings& settings = {},
                        const std::vector<Image<std::uint8_t>>& masks = {},
                        const Run& run = {}) const;
  // The stored image of an id, as the memory knows it. Error: an id that is not stored.
  Image<T> image(std::int64_t id) const;

  // "model/..." (FilterModel), "memory/..." (AssociativeMemory), "slow": grids in the order of ids(),
  // (images, rows, columns, channels), with the settings as its attributes.
  Archive to_archive() const;
  // Error: no such memory, or parts that do not fit one another.
  static ConvolutionalMemory from_archive(const Archive& archive);

 private:
  struct State;
  explicit ConvolutionalMemory(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace striate
