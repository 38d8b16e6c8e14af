#include "cli/command_learn_convolutional.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/filters.h"
#include "cli/invocation.h"
#include "cli/masks.h"
#include "cli/progress.h"
#include "striate/core/build_info.h"
#include "striate/core/text.h"
#include "striate/io/formats.h"
#include "striate/pipelines/convolutional_job.h"
#include "striate/pipelines/learn_filter_model.h"

namespace striate::cli {
namespace {

struct StartOptions {
  std::string init = "data";

  static void describe(auto& s, auto&& visit) {
    visit(s.init, {.name = "init",
                   .sentence = "Filters to begin with: data (patches drawn at random), random "
                               "(directions), or a file: a model of filters, or an array (K, h, w) "
                               "or (K, h, w, C)."});
  }
};

// What belongs to one method alone.
std::vector<Variant> method_variants() {
  return {{"cd", "filter by filter, all images kept", {}},
          {"pgm", "all filters at once by accelerated gradient steps, all images kept", {}},
          {"consensus", "an own set of filters per image, which agree in the end, in frequency",
           fields<ConsensusFilterSettings>()},
          {"online", "a batch of images at a time, none kept", fields<OnlineFilterSettings>()}};
}

std::vector<Field> learning_fields() {
  std::vector<Field> all = fields<FilterLearningSettings>();
  std::erase_if(all, [](const Field& field) {
    if (field.name == "initial") return true;  // init says it, and takes files too
    for (const Variant& variant : method_variants())
      for (const Field& own : variant.fields)
        if (own.name == field.name) return true;
    return false;
  });
  return all;
}

// The filters of the file that --init names; none: settings.initial says what to begin with.
template <class T>
std::optional<Matrix<T>> initial_filters(const Invocation& call, FilterLearningSettings& settings) {
  const std::string init = call.settings<StartOptions>().init;
  for (std::size_t i = 0; i < EnumNames<Initial>::names.size(); ++i)
    if (init == EnumNames<Initial>::names[i]) {
      settings.initial = static_cast<Initial>(i);
      return {};
    }
  const FilterModel<T> start = load_filters<T>(init);
  const auto must_be = [&](const char* name, std::int64_t& value, std::int64_t there) {
    if (call.was_given(name) && value != there)
      throw UsageError(flag_of(name), " is ", value, "; the filters of --init ", init, " have ",
                       there);
    value = there;
  };
  must_be("rows", settings.rows, start.rows);
  must_be("columns", settings.columns, start.columns);
  std::int64_t count = settings.filters.value_or(start.taps.columns());
  must_be("filters", count, start.taps.columns());
  settings.filters = count;
  return start.taps;
}

void tell(Invocation& call, const std::string& output, std::int64_t filters,
          const std::vector<FilterLearningRow>& history, LearnStatus status) {
  nlohmann::ordered_json& json = call.json();
  json["output"] = output;
  json["filters"] = filters;
  json["status"] = std::string(name_of(status));
  if (history.empty()) return;
  const FilterLearningRow &first = history.front(), &last = history.back();
  call.print(
      fmt::format("{} filters, {} steps, {} images learned from, {}\n"
                  "objective {:.6g} after the first step, {:.6g} after the last; {} nonzeros, {} "
                  "filters in use, "
                  "{}\n",
                  filters, last.step, last.images, name_of(status), first.objective, last.objective,
                  last.nonzeros, last.filters_in_use, duration_text(last.seconds)));
  json["steps"] = last.step;
  json["images"] = last.images;
  json["seconds"] = last.seconds;
  json["first_objective"] = first.objective;
  json["objective"] = last.objective;
  json["nonzeros"] = last.nonzeros;
  json["filters_in_use"] = last.filters_in_use;
}

template <class T>
int learn_in(Invocation& call) {
  static constexpr std::string_view suffixes[] = {".h5", ".hdf5", ".npz"};
  auto settings = call.settings<FilterLearningSettings>();
  const std::string output = call.output(suffixes);
  const auto checkpoints = call.settings<CheckpointSettings>();
  if (checkpoints.resume && checkpoints.checkpoint.empty())
    throw UsageError("--resume needs --checkpoint, the file to go on from");
  if (!settings.lambda) throw UsageError("--lambda is missing; it weighs the penalty of the codes");
  if (settings.steps && settings.epochs)
    throw UsageError("--steps and --epochs exclude one another");
  const std::optional<Matrix<T>> initial = initial_filters<T>(call, settings);
  if (!settings.filters)
    throw UsageError("--filters is missing; it says how many filters to learn");
  const auto preparation = call.settings<ImagePreparation>();
  call.log().step("looking at the images");
  const auto weighing = call.settings<PixelWeightOptions>();
  const NamedImages<T> images = open_images<T>(call.arguments(), preparation, weighing.given());
  call.log().step(fmt::format("{} images", images.images->size()));
  const PixelWeights<T> weights = pixel_weights<T>(weighing, images);
  Values inputs = images.inputs;
  inputs.insert(weights.inputs.begin(), weights.inputs.end());
  LearnedFilterModel<T> learned =
      learn_filter_model<T>(*images.images, inputs, settings, preparation, checkpoints,
                            initial ? &*initial : nullptr, weights.images.get(), call.run());
  const LearnStatus status = learned.result.status;
  if (call.interrupted() && !checkpoints.checkpoint.empty()) {
    call.log().note(fmt::format("interrupted; the state is kept in {}: go on with --resume",
                                checkpoints.checkpoint));
    return kInterrupted;
  }
  learned.model.provenance["striate_version"] = std::string(library_version);
  Archive archive = learned.model.to_archive();
  archive.attributes[std::string(kRunGroup)] = call.to_repeat();
  save(output, archive, call.force() ? Overwrite::yes : Overwrite::no);
  tell(call, output, learned.model.taps.columns(), learned.result.history, status);
  call.json()["model"] = learned.model.hash();
  call.print(fmt::format("{} written\n", output));
  return call.exit_code(status != LearnStatus::time_limit);
}

int learn(Invocation& call) {
  return call.common().precision == Precision::f64 ? learn_in<double>(call) : learn_in<float>(call);
}

}  // namespace

Command learn_convolutional_command() {
  return {
      .name = "learn --convolutional",
      .sentence = "Learns a bank of filters from whole images and writes it as a model.",
      .arguments = {"IMAGE", "images of any sizes, folders, globs", 1, 100000},
      .fields = all_fields({fields<StartOptions>(), learning_fields(), fields<PixelWeightOptions>(),
                            fields<ImagePreparation>(), fields<CheckpointSettings>()}),
      .writes_output = true,
      .output_sentence = "The model of filters, .h5 or .npz.",
      .selector = "method",
      .variants = method_variants(),
      .examples = {"striate generate --images 2 --rows 48 --columns 48 --output leaves",
                   "striate learn --convolutional leaves --filters 12 --rows 7 --columns 7 "
                   "--lambda 0.1 --steps 5 --output filters.h5",
                   "striate show filters.h5 --output filters.png",
                   "striate encode --convolutional leaves --model filters.h5 --output codes.h5"},
      .run = learn};
}

}  // namespace striate::cli
