#include "cli/command_encode_convolutional.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/filters.h"
#include "cli/inputs.h"
#include "cli/masks.h"
#include "cli/progress.h"
#include "striate/catalog/convolutional_solvers.h"
#include "striate/core/text.h"
#include "striate/dictionaries/log_gabor.h"
#include "striate/io/array_file.h"
#include "striate/io/formats.h"
#include "striate/io/hash.h"
#include "striate/io/segments.h"
#include "striate/pipelines/convolutional_job.h"
#include "striate/pipelines/encode_job.h"

namespace striate::cli {

enum class Channels { shared, separate };

}  // namespace striate::cli

template <>
struct striate::EnumNames<striate::cli::Channels> {
  static constexpr std::array<std::string_view, 2> names{"shared", "separate"};
};

namespace striate::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CodingOptions {
  std::string method = "auto";
  Channels channels = Channels::shared;
  std::string initial = {};
  bool restorable = true;
  bool resume = false;
  std::string shard = "1/1";
  bool estimate = false;

  static void describe(auto& s, auto&& visit) {
    visit(s.method,
          {.name = "method", .sentence = "Solver; not given: that of the model, or auto."});
    visit(s.channels,
          {.name = "channels",
           .sentence = "Of colour images: shared, all channels have one set of maps and filters "
                       "have channels; separate, each is coded alone by filters of one."});
    visit(s.initial, {.name = "initial",
                      .unit = "FILE",
                      .sentence = "Codes of an earlier run to begin with, for each image those of "
                                  "its name, or, if no name is known, those in its place."});
    visit(
        s.restorable,
        {.name = "restorable",
         .sentence = "Keep with the codes what was taken away before coding, so that decode gives "
                     "whole images."});
    visit(s.resume, {.name = "resume",
                     .sentence = "Go on behind the finished images of an interrupted job."});
    visit(s.shard,
          {.name = "shard",
           .unit = "i/n",
           .sentence = "Code only the i-th of n parts of the images (from 1/n to n/n), for "
                       "several machines; each output stands alone."});
    visit(s.estimate, {.name = "estimate",
                       .sentence = "Code a sample only; print time, memory and size of the whole "
                                   "job, write nothing."});
  }
};

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

// Penalty weights by position, if --penalty-weights names an array of such.
template <class T>
void add_penalty_weights(ConvolutionalTask<T>& task) {
  const auto given = task.settings.find("penalty_weights");
  if (given == task.settings.end()) return;
  const auto* path = std::get_if<std::string>(&given->second);
  if (!path) return;
  task.penalty_weights_name = "--penalty-weights " + *path;
  task.penalty_weights = open_array(*path);
  if (const auto& shape = task.penalty_weights->shape(); shape.size() != 3 && shape.size() != 4)
    throw Error(task.penalty_weights_name, ": holds an array of ", shape.size(),
                " dimensions; (K,), (K, rows, columns) or (n, K, rows, columns) is needed");
  task.inputs["penalty_weights"] = file_name(*path);
  task.inputs["penalty_weights_hash"] = hash_of_file(*path);
  task.settings.erase(given);
}

template <class T>
void add_initial(const std::string& path, ConvolutionalTask<T>& task) {
  if (path.empty()) return;
  task.initial_name = "--initial " + path;
  const Archive archive = load(path);
  try {
    auto codes = CodedImages<T>::from_archive(archive);
    codes.away.clear();
    task.initial = std::make_shared<const CodedImages<T>>(std::move(codes));
  } catch (const Error& error) {
    throw Error(task.initial_name, ": ", error.what());
  }
  task.inputs["initial"] = file_name(path);
  task.inputs["initial_hash"] = hash_of_file(path);
}

template <class T>
ConvolutionalTask<T> task_of(const Invocation& call, const FilterModel<T>& model,
                             const CodingOptions& options, const NamedImages<T>& images) {
  const ConvolutionalSolverEntry& entry = convolutional_solver(call.variant());
  ConvolutionalTask<T> task{.method = call.variant(),
                            .settings = coding_of(call, model.coding, entry.fields()),
                            .channels_apart = options.channels == Channels::separate,
                            .restorable = options.restorable,
                            .run = call.to_repeat()};
  if (task.channels_apart && !model.preparation.colour)
    throw UsageError("--channels separate needs --colour; grey images have one channel");
  if (call.was_given("lambda") && call.was_given("lambda_relative"))
    throw UsageError(
        "--lambda and --lambda-relative exclude one another; the second is a part of "
        "the smallest lambda of a zero code");
  if (!task.settings.contains("lambda") && !task.settings.contains("lambda_relative"))
    throw UsageError("--lambda is missing (or --lambda-relative, as 0.05)");
  if (PixelWeights<T> weights = pixel_weights<T>(call.settings<PixelWeightOptions>(), images);
      weights.images) {
    task.data_weights = [of = weights.images](std::int64_t i) { return *of->image(i); };
    task.inputs.merge(weights.inputs);
  }
  add_penalty_weights(task);
  add_initial(options.initial, task);
  try {
    check_coding(model, task);
  } catch (const Error& error) {
    throw UsageError(error.what());
  }
  return task;
}

void tell(Invocation& call, const CodedImage& coded) {
  call.print(fmt::format(
      "{}: {}, {}, {} iterations, objective {:.6g}, gap {:.2g}, {} nonzeros, sparseness {:.5f}, "
      "{}\n",
      coded.name, name_of(coded.status), coded.method, coded.iterations, coded.objective,
      coded.relative_gap, coded.nonzeros, coded.sparseness, duration_text(coded.seconds)));
  call.json()["images"].push_back({{"image", coded.name},
                                   {"status", name_of(coded.status)},
                                   {"method", coded.method},
                                   {"why", coded.why},
                                   {"iterations", coded.iterations},
                                   {"objective", coded.objective},
                                   {"relative_gap", coded.relative_gap},
                                   {"violation", coded.violation},
                                   {"nonzeros", coded.nonzeros},
                                   {"sparseness", coded.sparseness},
                                   {"seconds", coded.seconds}});
}

int finish(Invocation& call, const ConvolutionalReport& report, const std::string& output,
           std::int64_t images) {
  const bool whole = report.stopped == StopReason::none;
  const auto converged = std::ranges::count(report.images, Status::converged, &CodedImage::status);
  call.json()["output"] = whole ? Json(output) : Json();
  call.json()["converged"] = converged;
  call.json()["resumed"] = report.resumed;
  call.json()["seconds"] = report.seconds;
  call.json()["peak_bytes"] = peak_bytes();
  call.json()["complete"] = whole;
  if (!whole) {
    if (report.images.empty()) call.log().note("stopped before an image was done; nothing is kept");
    else
      call.log().note(
          fmt::format("stopped after {} of {} images; they are kept in {}: go on with "
                      "--resume",
                      report.images.size(), images, segments_folder(output).string()));
    return call.interrupted() ? kInterrupted : kNotConverged;
  }
  call.print(
      fmt::format("{} of {} images converged{}, {}\n{} written\n", converged, images,
                  report.resumed > 0 ? fmt::format(" ({} of an earlier run)", report.resumed) : "",
                  duration_text(report.seconds), output));
  return call.exit_code(converged == images);
}

// Progress in images: rates and estimates are those of images, the stage says how far one is.
Run in_images(Run run, std::int64_t images) {
  run.observer = [show = run.observer, images](const Progress& progress) {
    const std::int64_t parts = std::max<std::int64_t>(1, progress.total / images);
    const std::int64_t done = progress.done / parts;
    const std::string stage = fmt::format("image {} of {}, {} %", std::min(done + 1, images),
                                          images, 100 * (progress.done % parts) / parts);
    Progress told = progress;
    told.stage = stage;
    told.done = done;
    told.total = images;
    return show(told);
  };
  return run;
}

template <class T>
int estimate(Invocation& call, const NamedImages<T>& images, const FilterModel<T>& model,
             const ConvolutionalTask<T>& task) {
  const ConvolutionalEstimate e = estimate_encode_images(images, model, task, call.run());
  if (e.sample.empty()) {
    call.log().note("stopped before the sample was done");
    return call.interrupted() ? kInterrupted : kNotConverged;
  }
  call.print(
      fmt::format("{} images: about {}, {:.4g} MB written, {:.4g} MB of memory; "
                  "{:.4g} nonzeros an image (from {})\n",
                  e.images, duration_text(e.seconds), e.output_bytes / 1e6, e.memory_bytes / 1e6,
                  e.nonzeros, e.sample));
  call.json() = {{"images", e.images},
                 {"sample", e.sample},
                 {"seconds", e.seconds},
                 {"output_bytes", e.output_bytes},
                 {"memory_bytes", e.memory_bytes},
                 {"nonzeros_per_image", e.nonzeros}};
  return call.exit_code(true);
}

template <class T>
int encode_in(Invocation& call) {
  static constexpr std::string_view suffixes[] = {".h5", ".hdf5", ".npz"};
  const auto options = call.settings<CodingOptions>();
  Shard shard;
  try {
    shard = shard_of("encode", options.shard);
  } catch (const Error& error) {
    throw UsageError(error.what());
  }
  const std::string output =
      options.estimate ? std::string() : call.output(suffixes, options.resume);
  const auto parts = segments_folder(output);
  if (!options.estimate && !options.resume && std::filesystem::exists(parts) && !call.force())
    throw UsageError("--output ", output, ": an interrupted job left ", parts.string(),
                     "; go on with --resume, or give --force to begin anew");
  const FilterModel<T> model = filters_of<T>(call);
  call.log().step("looking at the images");
  const NamedImages<T> all = open_images<T>(call.arguments(), model.preparation,
                                            call.settings<PixelWeightOptions>().given());
  const ConvolutionalTask<T> task = task_of(call, model, options, all);
  const NamedImages<T> images = part_of(all, shard);
  if (options.estimate) return estimate(call, images, model, task);
  const std::int64_t count = images.images->size();
  call.json()["method"] = call.variant();
  call.json()["model"] = model.hash();
  call.json()["images"] = Json::array();
  const ConvolutionalReport report = encode_images<T>(
      images, model, task, output, options.resume, call.force() ? Overwrite::yes : Overwrite::no,
      [&](const CodedImage& coded) { tell(call, coded); }, in_images(call.run(), count));
  return finish(call, report, output, count);
}

int encode(Invocation& call) {
  return call.common().precision == Precision::f64 ? encode_in<double>(call)
                                                   : encode_in<float>(call);
}

// The solver that the model was learned with.
std::string method_of_model(const Values& given) {
  const auto model = given.find("model");
  if (model == given.end()) return "auto";
  const Values coding = load_filters<float>(std::get<std::string>(model->second)).coding;
  const auto method = coding.find("method");
  const auto* name = method == coding.end() ? nullptr : std::get_if<std::string>(&method->second);
  return name ? std::string(convolutional_solver(*name).name) : "auto";
}

std::vector<Variant> solver_variants() {
  std::vector<Variant> variants;
  for (const ConvolutionalSolverEntry& entry : convolutional_solvers()) {
    variants.push_back({std::string(entry.name), std::string(entry.summary), entry.fields()});
    for (Field& field : variants.back().fields)
      if (field.name == "penalty_weights")
        field.sentence =
            "Factors of lambda, one per filter, or a file of an array: (K,), by position (K, rows, "
            "columns) as the maps, or (n, K, rows, columns) for each image; none: all 1.";
  }
  return variants;
}

}  // namespace

Command encode_convolutional_command() {
  return {.name = "encode --convolutional",
          .sentence = "Codes whole images as sums of filters, each placed where it is needed.",
          .arguments = {"IMAGE", "images of any sizes, folders, globs", 1, 100000},
          .fields = options_of<FilterOptions, CodingOptions, PixelWeightOptions, ImagePreparation,
                               LogGaborSettings>(),
          .writes_output = true,
          .output_sentence = "The codes with their filters, .h5 or .npz.",
          .selector = "method",
          .variants = solver_variants(),
          .default_variant = method_of_model,
          .arrays = {"penalty_weights"},
          .examples = {"striate generate --images 2 --rows 40 --columns 48 --output leaves",
                       "striate encode --convolutional leaves --filters log_gabor "
                       "--lambda-relative 0.1 --tolerance 0.1 --output codes.h5",
                       "striate decode codes.h5 --output back"},
          .run = encode};
}

}  // namespace striate::cli
