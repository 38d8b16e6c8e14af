#include "striate/convolutional/filter_learning.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "striate/convolutional/cd.h"
#include "striate/convolutional/detail/consensus.h"
#include "striate/convolutional/detail/filter_update.h"
#include "striate/core/random.h"
#include "striate/core/timing.h"
#include "striate/learning/saved_state.h"

namespace striate {
namespace {

constexpr double first_tolerance = 0.2;  // of codes under filters that are not learned yet
constexpr double remembered = 0.9;       // of the curvatures of online, from batch to batch

// The images of a step with their codes, kept while the filters are bettered.
template <class T>
struct Batch {
  std::vector<std::shared_ptr<const Image<T>>> images, weights;
  std::vector<ConvolutionalCodes<T>> codes;

  std::vector<detail::CodedImage<T>> coded() const {
    std::vector<detail::CodedImage<T>> all;
    for (std::size_t i = 0; i < images.size(); ++i)
      all.push_back({images[i]->view(), weights.empty() ? ImageView<const T>() : weights[i]->view(),
                     &codes[i]});
    return all;
  }
};

// The patches of the residuals with the largest weighted squares, which share no pixel.
template <class T>
class WorstPatches {
 public:
  WorstPatches(const Batch<T>& batch, const detail::FixedCodes<T>& codes, const FilterSet& set)
      : codes_(codes), set_(set) {
    for (std::int64_t i = 0; i < codes.images(); ++i) {
      Image<double> squares(codes.residual(i).rows, codes.residual(i).columns);
      for (std::int64_t j = 0; j < codes.residual(i).size(); ++j) {
        const double r = codes.residual(i).data[j];
        const double omega = batch.weights.empty()
                                 ? 1
                                 : static_cast<double>(batch.weights[std::size_t(i)]->data()[j]);
        squares.data()[j / set.channels] += omega * r * r;
      }
      squares_.push_back(std::move(squares));
    }
  }

  // Empty where nothing is left.
  std::vector<T> next() {
    double most = 0;
    std::int64_t at[3] = {-1, 0, 0};
    for (std::size_t i = 0; i < squares_.size(); ++i) {
      const Image<double>& s = squares_[i];
      // Sums of columns over the window's rows, moved down row by row.
      std::vector<double> columns(static_cast<std::size_t>(s.columns()), 0);
      for (std::int64_t r = 0; r < s.rows(); ++r) {
        for (std::int64_t c = 0; c < s.columns(); ++c)
          columns[std::size_t(c)] += s(r, c) - (r >= set_.rows ? s(r - set_.rows, c) : 0);
        if (r + 1 < set_.rows) continue;
        for (std::int64_t c = 0; c + set_.columns <= s.columns(); ++c) {
          const auto first = columns.begin() + c;
          const double sum = std::accumulate(first, first + set_.columns, 0.0);
          if (sum > most) {
            most = sum;
            at[0] = static_cast<std::int64_t>(i);
            at[1] = r + 1 - set_.rows;
            at[2] = c;
          }
        }
      }
    }
    if (at[0] < 0) return {};
    std::vector<T> patch;
    const ImageView<const T> r = codes_.residual(at[0]);
    for (std::int64_t a = at[1]; a < at[1] + set_.rows; ++a)
      for (std::int64_t b = at[2]; b < at[2] + set_.columns; ++b) {
        for (std::int64_t c = 0; c < set_.channels; ++c) patch.push_back(r(a, b, c));
        squares_[std::size_t(at[0])](a, b) = 0;
      }
    return patch;
  }

 private:
  const detail::FixedCodes<T>& codes_;
  const FilterSet& set_;
  std::vector<Image<double>> squares_;
};

}  // namespace

template <class T>
void FilterLearning<T>::prepare() {
  validate("learn", settings_);
  if (!settings_.lambda)
    throw Error("learn: lambda is not given; it is the weight of the codes' l1 norm, above 0");
  if (images_.size() < 1) throw Error("learn: there are no images; at least 1 is needed");
  if (settings_.steps && settings_.epochs)
    throw Error("learn: steps and epochs are both given; only one may be");
  const ImageShape first = images_.shape(0);
  set_ = {.filters = settings_.filters.value_or(1),
          .rows = settings_.rows,
          .columns = settings_.columns,
          .channels = first.channels,
          .zero_mean = settings_.zero_mean};
  for (double side : settings_.sides) {
    if (side != std::floor(side))
      throw Error("learn: sides holds ", side, "; whole numbers are needed");
    set_.sides.push_back(static_cast<std::int64_t>(side));
  }
  check_filter_set("learn", set_);
  for (std::int64_t i = 0; i < images_.size(); ++i) {
    const ImageShape shape = images_.shape(i);
    if (shape.channels != first.channels)
      throw Error("learn: image ", i, " has ", shape.channels, " channels, image 0 ",
                  first.channels, "; they must agree");
    try {
      check_maps("learn", {.image_rows = shape.rows,
                           .image_columns = shape.columns,
                           .filter_rows = set_.rows,
                           .filter_columns = set_.columns,
                           .filters = set_.filters,
                           .boundary = settings_.boundary});
    } catch (const Error& error) {
      throw Error(error.what(), " (image ", i, ")");
    }
    if (data_weights_ &&
        (data_weights_->size() != images_.size() || data_weights_->shape(i) != shape))
      throw Error("learn: data_weights do not have the shapes of the images (image ", i, ")");
  }
  if (settings_.method == FilterMethod::consensus &&
      (data_weights_ || settings_.boundary == Boundary::linear))
    throw Error("learn: consensus takes neither data_weights nor boundary linear; cd and pgm do");
  const std::int64_t batch = online() ? settings_.online.batch : images_.size();
  if (batch > images_.size())
    throw Error("learn: batch is ", batch, "; there are ", images_.size(), " images");
  total_steps_ = online() ? 0 : 50;
  if (settings_.steps) total_steps_ = *settings_.steps;
  else if (online() || settings_.epochs)
    total_steps_ = static_cast<std::int64_t>(
        std::ceil(settings_.epochs.value_or(1) * double(images_.size()) / double(batch)));
  order_ = BatchOrder(images_.size(), settings_.seed, online());
  curvature_.assign(static_cast<std::size_t>(set_.filters), 0);
}

template <class T>
FilterLearning<T>::FilterLearning(const ImageSource<T>& images,
                                  const FilterLearningSettings& settings, const Matrix<T>* initial,
                                  const ImageSource<T>* data_weights)
    : images_(images), data_weights_(data_weights), settings_(settings) {
  if (initial && settings_.filters.value_or(initial->columns()) != initial->columns())
    throw Error("learn: filters is ", *settings_.filters, "; ", initial->columns(),
                " filters are given to begin with");
  if (initial) settings_.filters = initial->columns();
  if (!settings_.filters)
    throw Error("learn: filters is not given; it says how many to learn, where none are given");
  prepare();
  if (initial && initial->rows() != set_.taps())
    throw Error("learn: initial filters have ", initial->rows(), " taps; ", set_.rows, " x ",
                set_.columns, " x ", set_.channels, " are needed");
  if (initial) {
    taps_ = *initial;
    set_.project_all("learn", taps_.view());
    return;
  }
  taps_.resize(set_.taps(), set_.filters);
  for (std::int64_t k = 0; k < set_.filters; ++k) draw(settings_.initial, k, k, taps_.column(k));
}

template <class T>
FilterLearning<T>::FilterLearning(const ImageSource<T>& images,
                                  const FilterLearningSettings& settings, const Archive& saved,
                                  const ImageSource<T>* data_weights)
    : images_(images), data_weights_(data_weights), settings_(settings) {
  if (saved.get<std::string>("", "kind") != "filter_learning")
    throw Error("learn: the archive holds ", saved.get<std::string>("", "kind"),
                "; only a state of learning filters can be resumed");
  taps_ = saved.at("filters").to_matrix<T>();
  if (!settings_.filters) settings_.filters = taps_.columns();
  prepare();
  check_saved_settings(saved, settings_, {"steps", "epochs", "min_improvement"});
  if (saved.get<std::int64_t>("", "images") != images_.size())
    throw Error("learn: there are ", images_.size(), " images; the state was saved with ",
                saved.get<std::int64_t>("", "images"));
  if (taps_.rows() != set_.taps() || taps_.columns() != set_.filters)
    throw Error("learn: the saved filters are ", taps_.columns(), " of ", taps_.rows(),
                " taps; the settings say ", set_.filters, " of ", set_.taps());
  steps_ = saved.get<std::int64_t>("", "steps");
  seconds_ = saved.get<double>("", "seconds");
  curvature_ = saved.at("curvature").template to<double>();
  curvature_weight_ = saved.get<double>("", "curvature_weight");
  if (std::ssize(curvature_) != set_.filters)
    throw Error("learn: the saved curvatures are of ", curvature_.size(), " filters, not of ",
                set_.filters);
  for (std::int64_t i = 0; saved.has("codes/" + std::to_string(i) + "/maps/data"); ++i) {
    codes_.push_back(
        ConvolutionalCodes<T>::from_archive(saved.extract("codes/" + std::to_string(i))));
    const ImageShape shape = images_.shape(std::min(i, images_.size() - 1));
    if (codes_.back().shape() != bank().maps(shape.rows, shape.columns, settings_.boundary))
      throw Error("learn: the saved codes are of other images (image ", i, ")");
  }
  if (!codes_.empty() && std::ssize(codes_) != images_.size())
    throw Error("learn: ", codes_.size(), " codes are saved; there are ", images_.size(),
                " images");
  history_ = rows_of<FilterLearningRow>(saved.extract("history"));
}

// A patch of a random image at a random place; empty where the image is smaller.
template <class T>
std::vector<T> FilterLearning<T>::patch(Random random) const {
  const auto image =
      images_.image(static_cast<std::int64_t>(random.below(std::uint64_t(images_.size()))));
  const std::int64_t rows = image->rows() - set_.rows, columns = image->columns() - set_.columns;
  std::vector<T> taps;
  if (rows < 0 || columns < 0) return taps;
  const auto top = static_cast<std::int64_t>(random.below(std::uint64_t(rows + 1))),
             left = static_cast<std::int64_t>(random.below(std::uint64_t(columns + 1)));
  for (std::int64_t a = 0; a < set_.rows; ++a) {
    const T* row = &(*image)(top + a, left);
    taps.insert(taps.end(), row, row + set_.columns * set_.channels);
  }
  return taps;
}

// Number `item` of the filters drawn: a patch, or a random direction where none of a few serves.
template <class T>
void FilterLearning<T>::draw(Initial kind, std::int64_t filter, std::int64_t item,
                             std::span<T> taps) const {
  constexpr std::uint64_t tries = 16;
  const auto random = [&](std::uint64_t attempt) {
    return Random(std::uint64_t(settings_.seed), stream("filters"),
                  std::uint64_t(item) * (tries + 1) + attempt);
  };
  for (std::uint64_t t = 0; t < tries && kind == Initial::data; ++t) {
    const std::vector<T> found = patch(random(t));
    if (std::ssize(found) != set_.taps()) continue;
    std::ranges::copy(found, taps.begin());
    if (set_.project(filter, taps)) return;
  }
  Random numbers = random(tries);
  for (T& tap : taps) tap = static_cast<T>(numbers.normal());
  set_.project(filter, taps);
}

template <class T>
std::vector<std::int64_t> FilterLearning<T>::next_images() const {
  if (online()) return order_.batch(steps_ * settings_.online.batch, settings_.online.batch);
  std::vector<std::int64_t> all(static_cast<std::size_t>(images_.size()));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

template <class T>
bool FilterLearning<T>::done() const {
  if (steps_ >= total_steps_) return true;
  if (online() || settings_.min_improvement == 0 || history_.size() < 2) return false;
  const double before = history_[history_.size() - 2].objective;
  return before - history_.back().objective < settings_.min_improvement * before;
}

template <class T>
bool FilterLearning<T>::step(const Run& run) {
  if (done()) return true;
  const Stopwatch watch;
  const Run whole{.threads = run.threads};
  const FilterBank<T> now = bank();
  CdSettings coding;
  coding.lambda = settings_.lambda;
  coding.boundary = settings_.boundary;
  coding.positive = settings_.positive;
  Batch<T> batch;
  for (std::int64_t i : next_images()) {
    batch.images.push_back(images_.image(i));
    if (data_weights_) batch.weights.push_back(data_weights_->image(i));
    const auto* before = codes_.empty() ? nullptr : &codes_[static_cast<std::size_t>(i)];
    coding.tolerance =
        before ? settings_.tolerance : std::max(settings_.tolerance, first_tolerance);
    if (before) coding.max_iterations = settings_.coding_iterations;
    Run rest = run;
    rest.max_seconds = std::max(0.0, run.max_seconds - watch.seconds());
    try {
      ConvolutionalInputs<T> inputs{.initial = before};
      if (data_weights_) inputs.data_weights = *batch.weights.back();
      auto result = cd<T>(now, *batch.images.back(), coding, inputs, rest);
      if (result.info.status == Status::stopped || result.info.status == Status::time_limit)
        return false;
      batch.codes.push_back(std::move(result.codes));
    } catch (const Error& error) {
      throw Error("learn: image ", i, ": ", error.what());
    }
  }

  FilterLearningRow row{
      .step = steps_ + 1,
      .images = (history_.empty() ? 0 : history_.back().images) + std::ssize(batch.images)};
  const auto coded = batch.coded();
  detail::FixedCodes<T> fixed(coded, now, whole);
  double fidelity = fixed.fidelity();
  std::vector<std::int64_t> unused;
  for (std::int64_t k = 0; k < set_.filters; ++k)
    if (fixed.uses(k) == 0) unused.push_back(k);
  if (online()) {
    curvature_weight_ = remembered * curvature_weight_ + 1;
    std::vector<double> curvatures;
    for (std::size_t k = 0; k < curvature_.size(); ++k) {
      curvature_[k] =
          remembered * curvature_[k] + fixed.energy(std::int64_t(k)) * fixed.most_weight();
      curvatures.push_back(curvature_[k] / curvature_weight_);
    }
    std::erase_if(unused, [&](std::int64_t k) { return curvature_[std::size_t(k)] > 0; });
    const double eta = settings_.online.step_size * settings_.online.step_decay /
                       (settings_.online.step_decay + double(steps_));
    detail::step_filters<T>(set_, eta, curvatures, fixed, taps_, whole);
  } else {
    const int passes = settings_.passes.value_or(settings_.method == FilterMethod::cd ? 1 : 10);
    if (settings_.method == FilterMethod::cd)
      detail::descend_filters(set_, passes, fixed, taps_, whole);
    else if (settings_.method == FilterMethod::pgm)
      detail::accelerate_filters(set_, passes, fixed, taps_, whole);
    else
      detail::consensus_filters<T>(set_, passes, settings_.consensus.rho, coded, fixed, taps_,
                                   whole);
    fidelity = fixed.fidelity();
  }
  if (settings_.replace != Replace::none && !unused.empty()) {
    WorstPatches<T> worst(batch, fixed, set_);
    for (std::int64_t k : unused) {
      if (settings_.replace == Replace::sample) {
        draw(Initial::data, k, (steps_ + 1) * set_.filters + k, taps_.column(k));
      } else {
        std::vector<T> taps = worst.next();
        if (taps.empty() || !set_.project(k, std::span(taps))) continue;
        std::ranges::copy(taps, taps_.column(k).begin());
      }
      ++row.replaced;
    }
  }
  for (const ConvolutionalCodes<T>& codes : batch.codes) {
    row.nonzeros += codes.nonzeros();
    for (double sum : codes.sums()) row.l1 += sum;
  }
  row.data_fidelity = fidelity;
  row.objective = fidelity + *settings_.lambda * row.l1;
  row.filters_in_use = set_.filters - std::ssize(unused);
  if (!online()) codes_ = std::move(batch.codes);
  ++steps_;
  seconds_ += watch.seconds();
  row.seconds = seconds_;
  history_.push_back(row);
  return true;
}

template <class T>
Archive FilterLearning<T>::save() const {
  Archive archive;
  archive.attributes[""] = {{"kind", std::string("filter_learning")},
                            {"images", images_.size()},
                            {"steps", steps_},
                            {"seconds", seconds_},
                            {"curvature_weight", curvature_weight_}};
  archive.attributes["settings"] = values(settings_);
  archive.arrays["filters"] = Array::from(taps_.view());
  archive.arrays["curvature"] =
      Array::from(std::span<const double>(curvature_), {std::ssize(curvature_)});
  for (std::size_t i = 0; i < codes_.size(); ++i)
    archive.insert("codes/" + std::to_string(i), codes_[i].to_archive());
  archive.insert("history", columns_of(history_));
  return archive;
}

template <class T>
FilterLearningResult<T> learn_filters(
    FilterLearning<T>& job, const Run& run,
    const std::function<void(const FilterLearning<T>&)>& after_step) {
  RunState state(run, "learn", job.total_steps());
  state.advance(job.steps());
  std::array<std::pair<std::string_view, double>, 3> figures{
      {{"objective", 0}, {"nonzeros", 0}, {"filters_in_use", 0}}};
  // The coder reports to us while it works; we pass on the figures of learning, and the stop.
  Run inner{.observer =
                [&](const Progress&) {
                  state.report(figures);
                  return !state.stopping();
                },
            .stop = run.stop,
            .threads = run.threads};
  while (!job.done() && !state.stopping()) {
    inner.max_seconds = run.max_seconds - state.seconds();
    if (!job.step(inner)) continue;  // stopping: the state knows why
    const FilterLearningRow& row = job.history().back();
    figures[0].second = row.objective;
    figures[1].second = static_cast<double>(row.nonzeros);
    figures[2].second = static_cast<double>(row.filters_in_use);
    state.advance(1);
    if (after_step) after_step(job);
    state.report(figures);
  }
  LearnStatus status = LearnStatus::completed;
  if (!job.done())
    status =
        state.reason() == StopReason::time_limit ? LearnStatus::time_limit : LearnStatus::stopped;
  else if (job.steps() < job.total_steps()) status = LearnStatus::converged;
  state.report(figures, true);
  return {job.filters(), job.filter_set(), job.codes(), job.history(), status};
}

#define STRIATE_INSTANTIATE(T)                    \
  template class FilterLearning<T>;               \
  template FilterLearningResult<T> learn_filters( \
      FilterLearning<T>&, const Run&, const std::function<void(const FilterLearning<T>&)>&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
