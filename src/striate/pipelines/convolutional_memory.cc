#include "striate/pipelines/convolutional_memory.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "striate/catalog/memory_rules.h"
#include "striate/convolutional/automatic.h"
#include "striate/convolutional/convolution.h"
#include "striate/convolutional/map_shift.h"
#include "striate/convolutional/refit.h"
#include "striate/core/parallel.h"
#include "striate/core/timing.h"
#include "striate/images/coarse_grid.h"
#include "striate/images/noise.h"
#include "striate/pipelines/patch_restoration.h"

namespace striate {
namespace {

constexpr std::string_view kind = "convolutional_memory";
constexpr std::int64_t values_per_entry = 16;
// Of a filter's pixels in the image, for its unit to count as seen.
constexpr double least_seen = 0.4;
// A code's values are fitted again on so many times the entries that stay, and again on those: what
// l1 shrank most is not what matters least. 0.7 dB better than once, on photographs.
constexpr std::int64_t candidates = 2;
constexpr int first_iterations = 5, last_iterations = 10;
// What may be left of a constant image, less its slow part, as a part of its largest value.
template <class T>
constexpr double rounding = 16 * double(std::numeric_limits<T>::epsilon());

// The filters scaled to norm 1, so that entries can be compared. Error: a filter that is 0.
template <class T>
FilterModel<T> of_norm_one(FilterModel<T> model) {
  const FilterBank<T> bank = model.bank();
  for (std::int64_t k = 0; k < bank.filters(); ++k) {
    const double norm = std::sqrt(bank.squared_norms()[static_cast<std::size_t>(k)]);
    if (norm == 0) throw Error("ConvolutionalMemory: filter ", k, " is 0; it stands for nothing");
    for (T& tap : model.taps.column(k)) tap = static_cast<T>(double(tap) / norm);
  }
  return model;
}

void check_preparation(const ImagePreparation& preparation) {
  const auto refuse = [](const char* what, const char* must) {
    throw Error("ConvolutionalMemory: model is of images with ", what,
                ", which a part of an image does not show; ", must);
  };
  if (preparation.whiten != ImageWhitening::none) refuse("whitening", "whiten must be none");
  if (preparation.contrast > 0) refuse("normalised contrast", "contrast must be 0");
  if (preparation.disc_mask) refuse("a disc mask", "disc_mask must be false");
}

// 1 where a pixel is seen, for every channel; empty: all are.
template <class T>
Image<T> weights_of(const Image<std::uint8_t>& mask, std::int64_t channels) {
  if (std::ranges::count(std::span(mask.data(), std::size_t(mask.size())), 0) == 0) return {};
  Image<T> weights(mask.rows(), mask.columns(), channels);
  for (std::int64_t i = 0; i < weights.size(); ++i)
    weights.data()[i] = mask.data()[i / channels] ? T(1) : T(0);
  return weights;
}

template <class T>
bool finite_where_seen(const Image<T>& image, const Image<T>& weights) {
  for (std::int64_t i = 0; i < image.size(); ++i)
    if ((weights.size() == 0 || weights.data()[i] > 0) && !std::isfinite(image.data()[i]))
      return false;
  return true;
}

// 1 at the positions of the maps where enough pixels are seen, which `weights` tell; empty: all.
template <class T>
std::vector<std::uint8_t> known_positions(const Image<T>& weights, const MapShape& maps) {
  if (weights.size() == 0) return {};
  // Sums over the rectangle from (0, 0) up to a pixel: of what is seen.
  const std::int64_t rows = weights.rows(), columns = weights.columns(), width = columns + 1;
  std::vector<std::int64_t> seen(static_cast<std::size_t>((rows + 1) * width));
  const auto at = [&](std::int64_t r, std::int64_t c) -> std::int64_t& {
    return seen[static_cast<std::size_t>(r * width + c)];
  };
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      at(r + 1, c + 1) = at(r, c + 1) + at(r + 1, c) - at(r, c) + (weights(r, c) > 0);
  std::vector<std::uint8_t> known;
  for (std::int64_t r = 0; r < maps.rows(); ++r)
    for (std::int64_t c = 0; c < maps.columns(); ++c) {
      const std::int64_t top = std::max<std::int64_t>(r - maps.filter_rows + 1, 0),
                         left = std::max<std::int64_t>(c - maps.filter_columns + 1, 0),
                         bottom = std::min(r + 1, rows), right = std::min(c + 1, columns);
      const std::int64_t count =
          at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left);
      known.push_back(double(count) >= least_seen * double((bottom - top) * (right - left)));
    }
  return known;
}

template <class T>
void append_units(const ConvolutionalCodes<T>& codes, SparseCodes<T>& to) {
  std::vector<std::int32_t> atoms;
  const MapShape& s = codes.shape();
  for (std::int64_t r = 0; r < s.rows(); ++r)
    for (auto i = std::size_t(codes.starts()[std::size_t(r)]);
         i < std::size_t(codes.starts()[std::size_t(r) + 1]); ++i)
      atoms.push_back(static_cast<std::int32_t>(
          2 * ((r * s.columns() + codes.columns()[i]) * s.filters + codes.filters()[i])));
  to.append(atoms, codes.values());
}

// The real parts of a code, times `gain`.
template <class T>
ConvolutionalCodes<T> maps_of(const CodeView<T>& code, const MapShape& shape, double gain = 1) {
  ConvolutionalCodes<T> codes(shape);
  for (std::size_t i = 0; i < code.nonzeros(); ++i) {
    if (code.indices[i] % 2 != 0 || code.values[i] == 0) continue;
    const std::int64_t unit = code.indices[i] / 2, position = unit / shape.filters;
    codes.append(position / shape.columns(), position % shape.columns(), unit % shape.filters,
                 static_cast<T>(gain * double(code.values[i])));
  }
  return codes;
}

// Entries so many rows up and columns to the left; those that leave the maps are lost.
template <class T>
ConvolutionalCodes<T> moved_back(const ConvolutionalCodes<T>& codes, const MapShift& by) {
  const MapShape& s = codes.shape();
  ConvolutionalCodes<T> moved(s);
  for (std::int64_t r = std::max<std::int64_t>(by.rows, 0);
       r < std::min(s.rows() + by.rows, s.rows()); ++r)
    for (auto i = std::size_t(codes.starts()[std::size_t(r)]);
         i < std::size_t(codes.starts()[std::size_t(r) + 1]); ++i) {
      const std::int64_t column = codes.columns()[i] - by.columns;
      if (column >= 0 && column < s.columns())
        moved.append(r - by.rows, column, codes.filters()[i], codes.values()[i]);
    }
  return moved;
}

// Per unit, whether its position, moved by the shift, is known.
std::vector<std::uint8_t> known_units(const std::vector<std::uint8_t>& known, const MapShape& s,
                                      const MapShift& by) {
  if (known.empty() && by.rows == 0 && by.columns == 0) return {};
  std::vector<std::uint8_t> units(static_cast<std::size_t>(s.size()));
  for (std::int64_t r = 0; r < s.rows(); ++r)
    for (std::int64_t c = 0; c < s.columns(); ++c) {
      const std::int64_t y = r + by.rows, x = c + by.columns;
      if (y < 0 || y >= s.rows() || x < 0 || x >= s.columns()) continue;
      if (!known.empty() && !known[static_cast<std::size_t>(y * s.columns() + x)]) continue;
      std::fill_n(units.begin() + (r * s.columns() + c) * s.filters, s.filters, std::uint8_t(1));
    }
  return units;
}

// The image so many rows down and columns to the right; what comes in repeats the border.
template <class T>
Image<T> moved(const Image<T>& image, const MapShift& by) {
  Image<T> result(image.rows(), image.columns(), image.channels());
  for (std::int64_t r = 0; r < image.rows(); ++r)
    for (std::int64_t c = 0; c < image.columns(); ++c)
      for (std::int64_t channel = 0; channel < image.channels(); ++channel)
        result(r, c, channel) =
            image(std::clamp<std::int64_t>(r - by.rows, 0, image.rows() - 1),
                  std::clamp<std::int64_t>(c - by.columns, 0, image.columns() - 1), channel);
  return result;
}

// sum of the real parts' products.
template <class T>
double real_product(const CodeView<T>& a, const CodeView<T>& b) {
  double sum = 0;
  for (std::size_t i = 0, j = 0; i < a.nonzeros() && j < b.nonzeros();)
    if (a.indices[i] < b.indices[j]) ++i;
    else if (b.indices[j] < a.indices[i]) ++j;
    else sum += double(a.values[i++]) * double(b.values[j++]);
  return sum;
}

template <class T>
double norm_of(std::span<const T> values) {
  double squares = 0;
  for (const T value : values) squares += double(value) * double(value);
  return std::sqrt(squares);
}

}  // namespace

template <class T>
struct ConvolutionalMemory<T>::State {
  // An image, coded.
  struct Coded {
    ConvolutionalCodes<T> kept;   // what is stored or compared
    ConvolutionalCodes<T> whole;  // what the solver gave
    Image<T> slow;                // on the grid
    Status status = Status::converged;
  };
  // What the memory holds, at hand for all cues of a call.
  struct Held {
    std::vector<std::int64_t> ids;
    std::vector<double> norms;
    SparseCodes<T> codes;
    std::int64_t place(std::int64_t id) const {
      const auto found = std::ranges::lower_bound(ids, id);
      return found != ids.end() && *found == id ? found - ids.begin() : -1;
    }
  };

  State(const FilterModel<T>& model_, std::int64_t rows_, std::int64_t columns_,
        const ConvolutionalMemorySettings& settings_, const MemorySettings& memory_)
      : settings(settings_),
        model(of_norm_one(model_)),
        bank(model.bank()),
        rows(rows_),
        columns(columns_),
        maps(bank.maps(rows_, columns_, Boundary::linear)),
        memory(make_memory<T>(with_units(memory_))) {
    validate("ConvolutionalMemory", settings);
    check_maps("ConvolutionalMemory", maps);
    check_preparation(model.preparation);
    if (settings.highpass) model.preparation.highpass = settings.highpass;
    kept = settings.nonzeros.value_or(
        std::max<std::int64_t>(1, rows * columns * bank.channels() / values_per_entry));
    if (kept > maps.size())
      throw Error("ConvolutionalMemory: nonzeros is ", kept, "; it must be at most ", maps.size(),
                  ", as many as ", maps.filters, " maps of ", maps.rows(), " x ", maps.columns(),
                  " have places");
  }

  MemorySettings with_units(MemorySettings given) const {
    if (given.units != 0 && given.units != maps.size())
      throw Error("ConvolutionalMemory: units is ", given.units, "; it must be left open, or be ",
                  maps.size());
    given.units = maps.size();
    return given;
  }

  void check_shape(std::string_view who, std::string_view what, std::size_t i, std::int64_t r,
                   std::int64_t c, std::int64_t channels, std::int64_t wanted) const {
    if (r != rows || c != columns || channels != wanted)
      throw Error(who, ": ", what, " ", i, " is ", r, " x ", c, " x ", channels,
                  "; this memory takes ", rows, " x ", columns, " x ", wanted);
  }

  Coded code(const Image<T>& image, const Image<T>& weights, double sigma, const Run& run) const;
  Image<T> decode(const ConvolutionalCodes<T>& codes, const Image<T>& slow) const {
    Image<T> image = refined_grid(slow, settings.spacing, rows, columns);
    const Image<double> fast = synthesize<double>(bank, codes);
    for (std::int64_t i = 0; i < image.size(); ++i)
      image.data()[i] = static_cast<T>(double(image.data()[i]) + fast.data()[i]);
    return image;
  }
  Held held() const { return {memory.ids(), memory.norms(), memory.codes()}; }
  MapShift shift_of(const Coded& cue, const std::vector<std::uint8_t>& known, const Held& all,
                    int reach, const Run& run) const;
  bool recall_one(const Image<T>& cue, const Image<T>& weights, const ImageRecallSettings& how,
                  const Held& all, const Run& run, ImageRecall<T>& result) const;

  ConvolutionalMemorySettings settings;
  FilterModel<T> model;
  FilterBank<T> bank;
  std::int64_t rows, columns;
  MapShape maps;
  std::int64_t kept = 0;
  AssociativeMemory<T> memory;
  std::map<std::int64_t, Image<T>> slow;  // by id
  mutable std::shared_mutex mutex;
};

// With noise the code is that of convolutional_restoration.h: values fitted again would fit it.
template <class T>
typename ConvolutionalMemory<T>::State::Coded ConvolutionalMemory<T>::State::code(
    const Image<T>& image, const Image<T>& weights, double sigma, const Run& run) const {
  const Stopwatch watch;
  Coded coded;
  const PreparedImage<T> prepared = prepare_image(image, model.preparation, weights);
  Image<T> background = prepared.background;
  if (background.size() == 0) background = Image<T>(rows, columns, image.channels());
  coded.slow = coarse_grid(background, settings.spacing);
  Image<T> fast = refined_grid(coded.slow, settings.spacing, rows, columns);
  double squares = 0, count = 0, largest = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const bool seen = weights.size() == 0 || weights.data()[i] > 0;
    T& value = fast.data()[i];
    value = seen ? image.data()[i] - value : T(0);
    squares += double(value) * double(value);
    if (seen) largest = std::max(largest, std::abs(double(image.data()[i])));
    count += seen;
  }
  const double size = std::sqrt(squares / count), relative = settings.relative_lambda * size,
               of_noise = settings.lambda_factor * sigma;
  coded.kept = coded.whole = ConvolutionalCodes<T>(maps);
  if (!(size > rounding<T> * largest)) return coded;
  GradientWeightSettings coding;
  coding.lambda = std::max(relative, of_noise);
  coding.boundary = Boundary::linear;
  coding.tolerance = settings.tolerance;
  coding.max_iterations = settings.max_iterations;
  ConvolutionalInputs<T> inputs;
  if (weights.size() > 0) inputs.data_weights = weights.view();
  auto solved = automatic<T>(bank, fast, coding, inputs, run);
  coded.whole = std::move(solved.codes);
  coded.status = solved.info.status;
  if (of_noise > relative) {
    coded.kept = strongest(coded.whole, kept);
    return coded;
  }
  const auto fitted = [&](const ConvolutionalCodes<T>& codes, int iterations) {
    return refit<T>(bank, fast, codes, iterations, inputs.data_weights,
                    detail::rest_of(run, watch.seconds()));
  };
  coded.kept =
      fitted(strongest(fitted(strongest(coded.whole, candidates * kept), first_iterations), kept),
             last_iterations);
  return coded;
}

template <class T>
MapShift ConvolutionalMemory<T>::State::shift_of(const Coded& cue,
                                                 const std::vector<std::uint8_t>& known,
                                                 const Held& all, int reach, const Run& run) const {
  const ShiftedMaps<T> shifted(cue.kept, reach, known);
  std::vector<MapShift> found(all.ids.size());
  RunState state(run);
  parallel_for(
      std::ssize(found),
      [&](std::int64_t p, int) {
        found[static_cast<std::size_t>(p)] = shifted.best(maps_of(all.codes[p], maps));
      },
      state);
  MapShift best;
  for (const MapShift& one : found)
    if (std::abs(one.cosine) > std::abs(best.cosine)) best = one;
  return best;
}

// False: the run was stopped, and there is nothing to tell.
template <class T>
bool ConvolutionalMemory<T>::State::recall_one(const Image<T>& cue, const Image<T>& weights,
                                               const ImageRecallSettings& how, const Held& all,
                                               const Run& run, ImageRecall<T>& result) const {
  const bool seen = weights.size() == 0 ||
                    std::ranges::any_of(std::span(weights.data(), std::size_t(weights.size())),
                                        [](T w) { return w > 0; });
  const bool valid = finite_where_seen(cue, weights);
  Image<T> image(rows, columns, bank.channels()), alone = image;
  MapShift shift;
  double sigma = how.sigma.value_or(0);
  SparseCodes<T> units(2 * maps.size());
  std::vector<std::uint8_t> mask;
  if (valid && seen) {
    if (!how.sigma && weights.size() == 0) sigma = estimate_noise<T>(cue);
    const Coded coded = code(cue, weights, sigma, run);
    if (coded.status == Status::stopped || coded.status == Status::time_limit) return false;
    alone = decode(coded.whole, coded.slow);
    const std::vector<std::uint8_t> known = known_positions(weights, maps);
    if (how.max_shift > 0) shift = shift_of(coded, known, all, how.max_shift, run);
    append_units(moved_back(coded.kept, shift), units);
    mask = known_units(known, maps, shift);
  } else {
    units.append({}, {});
  }
  // One cue, one worker: the buffers of a recall are as large as all maps.
  Run alone_run = run;
  alone_run.threads = 1;
  alone_run.observer = {};
  auto recalled = memory.recall(
      units, {.max_steps = how.max_steps, .readout = how.readout, .mask = std::move(mask)},
      alone_run);
  const std::int64_t id = recalled.ids[0], place = all.place(id);
  const CodeView<T> state = recalled.states[0];
  if (const double norm = norm_of(state.values); place >= 0 && norm > 0) {
    const double sign = real_product(all.codes[place], state) < 0 ? -1 : 1;
    const double gain = sign * all.norms[static_cast<std::size_t>(place)] / norm;
    image = moved(decode(maps_of(state, maps, gain), slow.at(id)), shift);
  }
  result.images.push_back(std::move(image));
  result.coded.push_back(std::move(alone));
  result.ids.push_back(id);
  result.cosines.push_back(recalled.cosines[0]);
  result.margins.push_back(recalled.margins[0]);
  result.familiarity.push_back(recalled.familiarity[0]);
  result.familiarity_margins.push_back(recalled.familiarity_margins[0]);
  result.kinds.push_back(valid ? recalled.kinds[0] : Kind::invalid);
  result.states.append(recalled.states);
  result.rows.push_back(shift.rows);
  result.columns.push_back(shift.columns);
  result.sigmas.push_back(sigma);
  return true;
}

template <class T>
ConvolutionalMemory<T>::ConvolutionalMemory(const FilterModel<T>& model, std::int64_t rows,
                                            std::int64_t columns,
                                            const ConvolutionalMemorySettings& settings,
                                            const MemorySettings& memory)
    : state_(std::make_unique<State>(model, rows, columns, settings, memory)) {}
template <class T>
ConvolutionalMemory<T>::~ConvolutionalMemory() = default;
template <class T>
ConvolutionalMemory<T>::ConvolutionalMemory(ConvolutionalMemory&&) noexcept = default;
template <class T>
ConvolutionalMemory<T>& ConvolutionalMemory<T>::operator=(ConvolutionalMemory&&) noexcept = default;

template <class T>
std::int64_t ConvolutionalMemory<T>::size() const {
  return state_->memory.size();
}
template <class T>
std::int64_t ConvolutionalMemory<T>::units() const {
  return state_->maps.size();
}
template <class T>
std::int64_t ConvolutionalMemory<T>::nonzeros() const {
  return state_->kept;
}
template <class T>
std::vector<std::int64_t> ConvolutionalMemory<T>::ids() const {
  return state_->memory.ids();
}
template <class T>
const FilterModel<T>& ConvolutionalMemory<T>::model() const {
  return state_->model;
}
template <class T>
const ConvolutionalMemorySettings& ConvolutionalMemory<T>::settings() const {
  return state_->settings;
}
template <class T>
const AssociativeMemory<T>& ConvolutionalMemory<T>::memory() const {
  return state_->memory;
}
template <class T>
std::int64_t ConvolutionalMemory<T>::bytes() const {
  const std::shared_lock lock(state_->mutex);
  const std::int64_t units = state_->memory.codes().nonzeros() / 2;
  std::int64_t slow = 0;
  for (const auto& [id, grid] : state_->slow) slow += grid.size() * std::int64_t(sizeof(T));
  return units * std::int64_t(sizeof(std::int32_t) + sizeof(std::complex<T>)) + slow +
         size() * std::int64_t(sizeof(std::int64_t) + sizeof(double));
}

template <class T>
std::vector<std::int64_t> ConvolutionalMemory<T>::store(const std::vector<Image<T>>& images,
                                                        const Run& run) {
  constexpr std::string_view who = "ConvolutionalMemory.store";
  for (std::size_t i = 0; i < images.size(); ++i) {
    const Image<T>& image = images[i];
    state_->check_shape(who, "image", i, image.rows(), image.columns(), image.channels(),
                        state_->bank.channels());
    if (!finite_where_seen(image, {}))
      throw Error(who, ": image ", i, " holds NaN or infinity; every value must be finite");
  }
  const Stopwatch watch;
  SparseCodes<T> codes(2 * units());
  std::vector<Image<T>> slow;
  RunState progress(run, "store", std::ssize(images));
  for (std::size_t i = 0; i < images.size() && !progress.stopping(); ++i) {
    auto coded = state_->code(images[i], {}, 0, detail::rest_of(run, watch.seconds()));
    if (progress.stopping()) break;
    if (coded.kept.nonzeros() == 0)
      throw Error(who, ": image ", i,
                  " has nothing but slow changes; its code is zero, which no "
                  "memory can store");
    append_units(coded.kept, codes);
    slow.push_back(std::move(coded.slow));
    progress.advance(1);
    progress.report();
  }
  const std::unique_lock lock(state_->mutex);
  std::vector<std::int64_t> ids = state_->memory.store(codes);
  for (std::size_t i = 0; i < ids.size(); ++i) state_->slow[ids[i]] = std::move(slow[i]);
  return ids;
}

template <class T>
void ConvolutionalMemory<T>::forget(std::span<const std::int64_t> ids) {
  const std::unique_lock lock(state_->mutex);
  state_->memory.forget(ids);
  for (const std::int64_t id : ids) state_->slow.erase(id);
}

template <class T>
ImageRecall<T> ConvolutionalMemory<T>::recall(const std::vector<Image<T>>& cues,
                                              const ImageRecallSettings& settings,
                                              const std::vector<Image<std::uint8_t>>& masks,
                                              const Run& run) const {
  constexpr std::string_view who = "ConvolutionalMemory.recall";
  validate(who, settings);
  const State& state = *state_;
  if (settings.max_shift >= std::min(state.rows, state.columns))
    throw Error(who, ": max_shift is ", settings.max_shift, "; it must be below the sides of the ",
                state.rows, " x ", state.columns, " images");
  if (!masks.empty() && masks.size() != cues.size())
    throw Error(who, ": ", masks.size(), " masks for ", cues.size(),
                " cues; there must be one for each, or none");
  for (std::size_t i = 0; i < cues.size(); ++i) {
    state.check_shape(who, "cue", i, cues[i].rows(), cues[i].columns(), cues[i].channels(),
                      state.bank.channels());
    if (!masks.empty())
      state.check_shape(who, "mask", i, masks[i].rows(), masks[i].columns(), masks[i].channels(),
                        1);
  }
  const Stopwatch watch;
  const std::shared_lock lock(state.mutex);
  const auto all = state.held();
  ImageRecall<T> result;
  result.states = SparseCodes<T>(2 * units());
  RunState progress(run, "recall", std::ssize(cues));
  for (std::size_t i = 0; i < cues.size() && !progress.stopping(); ++i) {
    const Image<T> weights =
        masks.empty() ? Image<T>() : weights_of<T>(masks[i], state.bank.channels());
    if (!state.recall_one(cues[i], weights, settings, all, detail::rest_of(run, watch.seconds()),
                          result))
      break;
    progress.advance(1);
    progress.report();
  }
  if (std::ssize(result.ids) < std::ssize(cues)) {
    progress.stopping();
    result.stopped = progress.reason();
  }
  return result;
}

template <class T>
Image<T> ConvolutionalMemory<T>::image(std::int64_t id) const {
  const std::shared_lock lock(state_->mutex);
  const auto all = state_->held();
  const std::int64_t place = all.place(id);
  if (place < 0) throw Error("ConvolutionalMemory.image: id ", id, " is not stored");
  return state_->decode(
      maps_of(all.codes[place], state_->maps, all.norms[static_cast<std::size_t>(place)]),
      state_->slow.at(id));
}

template <class T>
ConvolutionalMemory<T>::ConvolutionalMemory(std::unique_ptr<State> state)
    : state_(std::move(state)) {}

template <class T>
Archive ConvolutionalMemory<T>::to_archive() const {
  const std::shared_lock lock(state_->mutex);
  Archive archive;
  archive.attributes[""] = {{"kind", std::string(kind)}};
  archive.insert("model", state_->model.to_archive());
  archive.insert("memory", state_->memory.to_archive());
  const Image<T> like = coarse_grid(
      Image<T>(state_->rows, state_->columns, state_->bank.channels()), state_->settings.spacing);
  std::vector<T> grids;
  for (const auto& [id, grid] : state_->slow)
    grids.insert(grids.end(), grid.data(), grid.data() + grid.size());
  archive.arrays["slow"] = Array::from<T>(
      grids, {std::ssize(state_->slow), like.rows(), like.columns(), like.channels()});
  Values about = values(state_->settings);
  about["rows"] = state_->rows;
  about["columns"] = state_->columns;
  archive.attributes["slow"] = about;
  return archive;
}

template <class T>
ConvolutionalMemory<T> ConvolutionalMemory<T>::from_archive(const Archive& archive) {
  constexpr std::string_view who = "ConvolutionalMemory.from_archive";
  const Value* kind_of = nullptr;
  if (const auto root = archive.attributes.find(""); root != archive.attributes.end())
    if (const auto found = root->second.find("kind"); found != root->second.end())
      kind_of = &found->second;
  if (!kind_of || *kind_of != Value(std::string(kind)))
    throw Error(who, ": the archive holds no memory of images; its kind must be ", kind);
  ConvolutionalMemorySettings settings;
  for (const Field& field : fields(settings)) {
    const Value value = archive.attribute("slow", field.name);
    if (!std::holds_alternative<std::monostate>(value)) assign(who, settings, field.name, value);
  }
  AssociativeMemory<T> memory = memory_from_archive<T>(archive.extract("memory"));
  auto state = std::make_unique<State>(FilterModel<T>::from_archive(archive.extract("model")),
                                       archive.get<std::int64_t>("slow", "rows"),
                                       archive.get<std::int64_t>("slow", "columns"), settings,
                                       memory.settings());
  const Array& slow = archive.at("slow");
  const std::vector<T> grids = slow.to<T>();
  const Image<T> like =
      coarse_grid(Image<T>(state->rows, state->columns, state->bank.channels()), settings.spacing);
  const std::vector<std::int64_t> wanted = {memory.size(), like.rows(), like.columns(),
                                            like.channels()};
  if (slow.shape() != wanted)
    throw Error(who, ": slow has ", slow.size(), " values; the ", memory.size(),
                " images of the memory need ", memory.size() * like.size());
  if (!std::ranges::all_of(grids, [](T value) { return std::isfinite(value); }))
    throw Error(who, ": slow holds NaN or infinity; every value must be finite");
  const T* from = grids.data();
  for (const std::int64_t id : memory.ids()) {
    Image<T> grid = like;
    std::copy_n(from, grid.size(), grid.data());
    from += grid.size();
    state->slow[id] = std::move(grid);
  }
  state->memory = std::move(memory);
  return ConvolutionalMemory(std::move(state));
}

template class ConvolutionalMemory<float>;
template class ConvolutionalMemory<double>;

}  // namespace striate
