#include "striate/pipelines/two_layer_memory.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "striate/catalog/memory_rules.h"
#include "striate/core/timing.h"
#include "striate/learning/learn.h"
#include "striate/pipelines/learn_model.h"
#include "striate/statistics/dictionary_report.h"

namespace striate {
namespace {

// What a scale stands for.
struct Size {
  std::int64_t patch, atoms, training, steps, batch, tests;
  std::vector<double> patterns;
};
Size size_of(Scale scale) {
  if (scale == Scale::full) return {16, 1024, 400000, 2600, 512, 2000, {10, 25, 50, 100, 200}};
  return {12, 256, 50000, 400, 512, 1000, {5, 10, 25, 50, 100}};
}

constexpr double lambda = 0.1, mu = 0.1;       // the memory paper's
constexpr double lambda_initial = 0.8;         // falls to lambda in the first half of learning
constexpr double least_deviation = 0.3;        // of a patch that is worth storing
constexpr double example_noise = 0.5;          // in patch standard deviations
constexpr std::int64_t example_patterns = 25;  // in the memory of the examples
constexpr std::size_t examples = 6;

Image<float> as_image(std::span<const float> patch, std::int64_t side) {
  return Image<float>(ImageView<const float>(patch.data(), side, side));
}

// Stages one after another, each timed; all hear that one was asked to stop.
class Stages {
 public:
  Stages(const Run& run, TwoLayerResult& result) : run_(run), result_(result) {}

  Run run() {
    Run rest{.stop = run_.stop,
             .max_seconds = run_.max_seconds - all_.seconds(),
             .threads = run_.threads};
    rest.observer = [this](const Progress& progress) {
      if (run_.observer && !run_.observer(progress)) result_.stopped = true;
      return !result_.stopped;
    };
    return rest;
  }
  // Ends a stage; false if the next one is not to begin.
  bool go_on_after(const std::string& stage) {
    result_.seconds.emplace_back(stage, watch_.seconds());
    watch_.restart();
    if (run_.stop.stop_requested() || all_.seconds() > run_.max_seconds) result_.stopped = true;
    return !result_.stopped;
  }

 private:
  const Run& run_;
  TwoLayerResult& result_;
  Stopwatch all_, watch_;
};

Model<float> learn_pairs(const Prepared<float>& prepared, const Size& size,
                         const TwoLayerSettings& settings, const Run& run) {
  LearnSettings learning{.coder = Coder::group_lasso,
                         .atoms = size.atoms,
                         .group_size = 2,
                         .lambda = lambda,
                         .lambda_initial = lambda_initial,
                         .lambda_halving = static_cast<double>(size.steps) / 6.5,
                         .mu = mu,
                         .batch = size.batch,
                         .steps = size.steps,
                         .seed = settings.seed,
                         // What was learned under a larger lambda is soon of no use.
                         .online = {.forgetting = 20}};
  Run limited = run;
  if (settings.learn_seconds)
    limited.max_seconds = std::min(limited.max_seconds, *settings.learn_seconds);
  return learn_model<float>(prepared, learning, {}, nullptr, limited).model;
}

Values figures_of(const Encoding<float>& encoding, std::int64_t pairs) {
  const auto n = static_cast<double>(encoding.codes.signals());
  return {{"patches", encoding.codes.signals()},
          {"pairs", pairs},
          {"active_pairs", static_cast<double>(encoding.codes.nonzeros()) / 2 / n},
          {"objective", encoding.info.objective() / n},
          {"worst_relative_gap", encoding.info.worst_gap()},
          {"not_converged", encoding.codes.signals() - encoding.info.count(Status::converged)},
          {"seconds_per_10000", encoding.info.seconds / n * 1e4}};
}

Values figures_of(const DictionaryReport& report) {
  return {{"localised", report.localised},
          {"oriented", report.oriented},
          {"band_pass", report.band_pass},
          {"median_cosine_in_pairs", report.median_cosine},
          {"well_fitted_pairs", report.well_fitted_pairs},
          {"median_orientation_difference", report.median_orientation_difference},
          {"median_frequency_difference", report.median_frequency_difference},
          {"median_phase_difference", report.median_phase_difference},
          {"median_frequency", report.median_frequency}};
}

// The share of pairs that at least one in a thousand codes uses.
double pairs_in_use(const SparseCodes<float>& codes) {
  std::vector<std::int64_t> uses(static_cast<std::size_t>(codes.atoms() / 2));
  for (const std::int32_t i : codes.indices()) uses[static_cast<std::size_t>(i / 2)] += i % 2 == 0;
  const auto used = std::ranges::count_if(
      uses, [&](std::int64_t n) { return n > 0 && 1000 * n >= codes.signals(); });
  return static_cast<double>(used) / static_cast<double>(uses.size());
}

// The pair that the codes use most.
std::int64_t strongest_pair(const SparseCodes<float>& codes) {
  std::vector<double> energy(static_cast<std::size_t>(codes.atoms() / 2));
  for (std::int64_t e = 0; e < codes.nonzeros(); ++e) {
    const double z = codes.values()[static_cast<std::size_t>(e)];
    energy[static_cast<std::size_t>(codes.indices()[static_cast<std::size_t>(e)] / 2)] += z * z;
  }
  return std::ranges::max_element(energy) - energy.begin();
}

std::vector<Image<float>> turn_phase(const Matrix<float>& atoms, std::int64_t pair,
                                     std::int64_t side) {
  std::vector<Image<float>> frames;
  for (int degrees = 0; degrees < 360; degrees += 10) {
    const double phi = degrees * std::numbers::pi / 180;
    Image<float> frame(side, side);
    for (std::int64_t i = 0; i < frame.size(); ++i)
      frame.data()[i] = static_cast<float>(std::cos(phi) * atoms(i, 2 * pair) +
                                           std::sin(phi) * atoms(i, 2 * pair + 1));
    frames.push_back(std::move(frame));
  }
  return frames;
}

// A few patches stored among others, and recalled from noise, each with its trace.
std::vector<RecallExample> recall_examples(const Model<float>& model,
                                           const PatchSource<float>& patches,
                                           MatrixView<const float> clean, std::int64_t side,
                                           std::int64_t seed, const Run& run) {
  const std::int64_t count = std::min(example_patterns, clean.columns);
  const Matrix<float> stored(clean.middle_columns(0, count));
  const double unit = patch_deviation(clean);
  const Matrix<float> noisy =
      with_noise<float>(stored, example_noise * unit, static_cast<std::uint64_t>(seed) + 1);
  const Dictionary<float> dictionary(model.atoms);
  const SparseCodes<float> codes = encode_with<float>(model, dictionary, stored, 1e-4, run).codes;
  const RecallVariant variant = RecallEvaluation{}.variants.front();
  auto memory = make_memory<float>({.units = model.atoms.columns() / 2,
                                    .rule = variant.rule,
                                    .k = energy_support(codes, variant.energy_share)});
  memory.store(codes);
  const SparseCodes<float> cues = encode_with<float>(model, dictionary, noisy, 1e-4, run).codes;
  const auto recalled = memory.recall(cues, {.readout = Readout::graded, .trace = true});
  const Matrix<float> states = memory.decode(recalled, dictionary, noisy);
  Matrix<float> coding(clean.rows, count);
  for (std::int64_t j = 0; j < count; ++j)
    synthesize(dictionary, cues[j].indices, cues[j].values, coding.column(j));

  std::vector<RecallExample> shown;
  for (std::int64_t j = 0; j < count && shown.size() < examples; ++j) {
    const auto psnr = [&](const Matrix<float>& other) {
      return mean_psnr<float>(stored.view().middle_columns(j, 1),
                              other.view().middle_columns(j, 1));
    };
    const PatchPosition at = patches.position(j);
    shown.push_back({.image = at.image,
                     .row = at.row,
                     .column = at.column,
                     .clean = as_image(stored.column(j), side),
                     .noisy = as_image(noisy.column(j), side),
                     .coding = as_image(coding.column(j), side),
                     .recalled = as_image(states.column(j), side),
                     .noise = example_noise,
                     .psnr_noisy = psnr(noisy),
                     .psnr_coding = psnr(coding),
                     .psnr_recalled = psnr(states),
                     .stored = count,
                     .target = j,
                     .recalled_id = recalled.ids[static_cast<std::size_t>(j)],
                     .overlaps = recalled.overlaps[static_cast<std::size_t>(j)]});
  }
  return shown;
}

}  // namespace

TwoLayerResult two_layer_memory(const std::vector<Image<float>>& images,
                                const TwoLayerSettings& settings, const Model<float>* given,
                                const Run& run) {
  validate("demo", settings);
  if (images.empty()) throw Error("demo: there are no images; at least one is needed");
  if (given && (given->group_size != 2 || given->preprocessing.input != InputKind::images))
    throw Error("demo: the model has groups of ", given->group_size,
                "; a model of pairs (group_size 2) learned from images is needed");
  const Size size = size_of(settings.scale);
  TwoLayerResult result;
  result.settings = settings;
  result.picture = images.front();
  Stages stages(run, result);

  Preprocessing preprocessing;
  if (given) preprocessing = given->preprocessing;
  else preprocessing.whiten = settings.whiten;
  preprocessing.input = InputKind::images;
  PatchSettings& patches = preprocessing.patches;
  if (!given) patches.patch = static_cast<int>(size.patch);
  patches.sampling = Sampling::random;
  patches.count = size.training;
  patches.remove_mean = true;
  patches.seed = settings.seed;
  const Prepared<float> training = prepare(images, preprocessing);
  const std::int64_t side = preprocessing.patches.patch;
  result.whitened = training.images->front();

  // Patches that are stored: others than those learned from, and none that are nearly flat.
  preprocessing.factor = training.preprocessing.factor;
  patches.count = size.tests;
  patches.minimum_deviation = least_deviation;
  patches.seed = settings.seed + 1;
  const Prepared<float> testing = prepare(images, preprocessing);
  Matrix<float> clean(testing.signals->dimension(), testing.signals->size());
  testing.signals->read(0, clean);
  if (!stages.go_on_after("prepare")) return result;

  result.model = given ? *given : learn_pairs(training, size, settings, stages.run());
  if (!stages.go_on_after("learn")) return result;

  const Dictionary<float> dictionary(result.model.atoms);
  const Encoding<float> encoding =
      encode_with<float>(result.model, dictionary, clean, 1e-4, stages.run());
  result.coding = figures_of(encoding, result.model.atoms.columns() / 2);
  result.pair = strongest_pair(encoding.codes);
  result.dictionary = figures_of(dictionary_report<float>(result.model.atoms, {}, stages.run()));
  result.dictionary["pairs_in_use"] = pairs_in_use(encoding.codes);
  result.phase_turn = turn_phase(result.model.atoms, result.pair, side);
  if (!stages.go_on_after("code")) return result;

  result.examples =
      recall_examples(result.model, *testing.patches, clean, side, settings.seed, stages.run());
  std::vector<int> patterns;
  for (const double p : settings.patterns.empty() ? size.patterns : settings.patterns)
    patterns.push_back(static_cast<int>(p));
  result.rows = evaluate_recall<float>(result.model, clean,
                                       {.patterns = patterns,
                                        .noises = settings.noises,
                                        .draws = settings.draws,
                                        .seed = static_cast<std::uint64_t>(settings.seed)},
                                       stages.run());
  stages.go_on_after("recall");
  return result;
}

}  // namespace striate
