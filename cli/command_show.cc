#include "cli/command_show.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/figures.h"
#include "cli/filters.h"
#include "cli/inputs.h"
#include "cli/oriented_maps.h"
#include "striate/core/text.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"
#include "striate/pipelines/coded_images.h"
#include "striate/pipelines/encode_job.h"
#include "striate/pipelines/memory_folder.h"
#include "striate/statistics/filter_orientation.h"

namespace striate::cli {

enum class What { automatic, dictionary, filters, history, image, maps, reconstruction, trace };

}  // namespace striate::cli

template <>
struct striate::EnumNames<striate::cli::What> {
  static constexpr std::array<std::string_view, 8> names{
      "auto", "dictionary", "filters", "history", "image", "maps", "reconstruction", "trace"};
};

namespace striate::cli {
namespace {

struct ShowOptions {
  What what = What::automatic;
  std::string model = {};
  std::string cues = {};
  std::int64_t cue = 0;
  std::optional<int> group_size = {};
  std::int64_t image = 0;
  int width = 1000;
  std::optional<int> across = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.what, {.name = "what",
                   .sentence = "auto: a model's dictionary or filters, the maps of convolutional "
                               "codes coloured by orientation, a memory's trace, a code file's "
                               "reconstruction, else an image."});
    visit(
        s.model,
        {.name = "model", .unit = "FILE", .sentence = "Model of the codes, for a reconstruction."});
    visit(s.cues, {.name = "cues",
                   .unit = "FILE",
                   .sentence = "Codes to recall from, for the trace of a memory."});
    visit(s.cue,
          {.name = "cue", .range = at_least(0), .sentence = "Which of the cues; counted from 0."});
    visit(s.group_size, {.name = "group_size",
                         .range = at_least(1),
                         .unit = "atoms",
                         .sentence = "Atoms side by side; not given: the model's."});
    visit(s.image, {.name = "image",
                    .range = at_least(0),
                    .sentence = "Which image of several; counted from 0."});
    visit(s.width, {.name = "width",
                    .range = between(16, 20000),
                    .unit = "pixels",
                    .sentence = "About the width of a mosaic, or of maps."});
    visit(s.across,
          {.name = "across",
           .range = at_least(1),
           .unit = "filters",
           .sentence = "Filters in a row of their mosaic; not given: as many as make it a "
                       "little wider than high."});
  }
};

template <class Items>
const auto& chosen(const Items& items, std::int64_t index, std::string_view flag) {
  if (index >= std::ssize(items))
    throw UsageError(flag, " is ", index, "; there are ", items.size(), ", counted from 0");
  return items[static_cast<std::size_t>(index)];
}

std::string show_dictionary(const ShowOptions& options, const std::string& path,
                            const Archive& archive, PictureFormat format) {
  Matrix<float> atoms;
  TileShape shape;
  int group_size = 1;
  if (archive.has("dictionary/atoms")) {
    const Model<float> model = load_model<float>(path);
    atoms = model.atoms;
    group_size = model.group_size;
    if (model.preprocessing.input == InputKind::images) {
      shape.rows = shape.columns = model.preprocessing.patches.patch;
      shape.channels = static_cast<int>(atoms.rows() / (std::int64_t{shape.rows} * shape.rows));
    }
  } else if (archive.arrays.size() == 1) {
    atoms = archive.arrays.begin()->second.to_matrix<float>();
  } else {
    throw Error(path, ": holds neither a model nor one array of atoms");
  }
  if (shape.rows == 0) {
    // Atoms alone: square patches, grey or colour.
    for (const int channels : {1, 3}) {
      const auto side =
          static_cast<int>(std::lround(std::sqrt(static_cast<double>(atoms.rows()) / channels)));
      if (std::int64_t{side} * side * channels == atoms.rows()) shape = {side, side, channels};
    }
    if (shape.rows == 0)
      throw Error(path, ": atoms of ", atoms.rows(), " values are no square patches");
  }
  return picture(mosaic(atoms, shape, options.group_size.value_or(group_size), options.width),
                 format);
}

std::string show_filters(const ShowOptions& options, const std::string& path,
                         PictureFormat format) {
  const FilterModel<float> model = load_filters<float>(path);
  if (model.channels != 1 && model.channels != 3)
    throw Error(path, ": filters have ", model.channels, " channels; 1 or 3 can be shown");
  const TileShape shape{static_cast<int>(model.rows), static_cast<int>(model.columns),
                        static_cast<int>(model.channels)};
  return picture(filter_mosaic(model.taps, shape, options.width, options.across.value_or(0)),
                 format, dark_ground);
}

// The codes of a file with the filters that they are of: its own, or --model's.
std::string show_maps(const ShowOptions& options, const std::string& path, const Archive& archive,
                      PictureFormat format) {
  CodedImages<float> coded;
  try {
    coded = CodedImages<float>::from_archive(archive);
  } catch (const Error& error) {
    throw Error(path, ": ", error.what());
  }
  if (!coded.model && options.model.empty())
    throw UsageError("--model is missing; ", path, " does not hold the filters of its codes");
  const FilterModel<float> model =
      options.model.empty() ? *coded.model : load_filters<float>(options.model);
  chosen(coded.names, options.image, "--image");
  const auto orientations =
      filter_orientations<float>(model.taps, model.rows, model.columns, model.channels);
  Image<float> light;
  for (std::int64_t c = 0; c < coded.per_image(); ++c) {
    const auto& maps = coded.maps[static_cast<std::size_t>(options.image * coded.per_image() + c)];
    const Image<float> own = oriented_light(maps, orientations);
    if (c == 0) light = own;
    else
      for (std::int64_t i = 0; i < own.size(); ++i) light.data()[i] += own.data()[i];
  }
  const auto zoom = static_cast<int>(std::lround(double(options.width) / double(light.columns())));
  return oriented_picture(light, format, std::max(1, zoom));
}

std::string show_history(const std::string& path, const Archive& archive, PictureFormat format) {
  if (!archive.has("history/step"))
    throw Error(path, ": has no history; models that learn wrote have one");
  const auto column = [&](const char* name) { return archive.at(name).to<double>(); };
  const std::vector<double> signals = column("history/signals");
  if (signals.empty()) throw Error(path, ": its history has no rows; it was learned too briefly");
  return learning_curve(signals, column("history/held_out_objective"), column("history/objective"),
                        format);
}

std::string show_reconstruction(const ShowOptions& options, const std::string& path,
                                const Archive& archive, PictureFormat format) {
  if (options.model.empty())
    throw UsageError("--model is missing; codes are shown as what it makes of them");
  const Model<float> model = load_model<float>(options.model);
  codes_in<float>(path, archive);
  const std::vector<Image<float>> images = decode_images(archive, model);
  const Image<float>& image = chosen(images, options.image, "--image");
  return picture(colours_of(image, symmetric_range(image)), format);
}

std::string show_trace(const Invocation& call, const ShowOptions& options, const std::string& path,
                       PictureFormat format) {
  if (options.cues.empty())
    throw UsageError("--cues is missing; a trace shows what happens to one of them");
  const AssociativeMemory<float> memory = open_memory<float>(path);
  const SparseCodes<float> cues = codes_in<float>(options.cues, load(options.cues));
  if (options.cue >= cues.signals())
    throw UsageError("--cue is ", options.cue, "; ", options.cues, " holds ", cues.signals(),
                     ", counted from 0");
  auto result =
      memory.recall(cues.slice(options.cue, 1), call.settings<RecallSettings>({.trace = true}));
  const std::vector<std::int64_t> ids = memory.ids();
  const auto found = std::find(ids.begin(), ids.end(), result.ids.front());
  return memory_trace(result.overlaps.front(), found == ids.end() ? -1 : found - ids.begin(),
                      format);
}

std::string show_image(const ShowOptions& options, const std::string& path, PictureFormat format) {
  const std::vector<std::filesystem::path> paths = {path};
  const std::vector<Image<float>> images = read_images<float>(paths);
  const Image<float>& image = chosen(images, options.image, "--image");
  float least = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) least = std::min(least, image.data()[i]);
  // Whitened images lie around 0: it becomes the middle grey.
  return picture(colours_of(image, least < 0 ? symmetric_range(image) : full_range(image)), format);
}

int show(Invocation& call) {
  static constexpr std::string_view suffixes[] = {".png", ".svg"};
  const ShowOptions options = call.settings<ShowOptions>();
  const std::string output = call.output(suffixes);
  const PictureFormat format = output.ends_with(".svg") || output.ends_with(".SVG")
                                   ? PictureFormat::svg
                                   : PictureFormat::png;
  const std::string& path = call.arguments().front();

  What what = options.what;
  Archive archive;
  const bool folder = std::filesystem::is_directory(path);
  const Format* known = find_format(path);
  if (!folder && (!known || !known->image)) archive = load(path);
  if (what == What::automatic) {
    if (folder || archive.has("memory/ids") || !options.cues.empty()) what = What::trace;
    else if (holds_convolutional_codes(archive)) what = What::maps;
    else if (archive.has("filters")) what = What::filters;
    else if (archive.has("codes/indptr")) what = What::reconstruction;
    else if (archive.has("dictionary/atoms")) what = What::dictionary;
    else what = What::image;
  }
  std::string bytes;
  switch (what) {
    case What::dictionary:
      bytes = show_dictionary(options, path, archive, format);
      break;
    case What::filters:
      bytes = show_filters(options, path, format);
      break;
    case What::maps:
      bytes = show_maps(options, path, archive, format);
      break;
    case What::history:
      bytes = show_history(path, archive, format);
      break;
    case What::reconstruction:
      bytes = show_reconstruction(options, path, archive, format);
      break;
    case What::trace:
      bytes = show_trace(call, options, path, format);
      break;
    default:
      bytes = show_image(options, path, format);
      break;
  }
  write_file(output, std::as_bytes(std::span(bytes)),
             call.force() ? Overwrite::yes : Overwrite::no);
  call.print(fmt::format("{} written\n", output));
  call.json()["output"] = output;
  return kDone;
}

}  // namespace

Command show_command() {
  return {.name = "show",
          .sentence =
              "Draws a dictionary, filters, an image, a reconstruction, the maps of "
              "convolutional codes or the trace of a recall.",
          .arguments = {"FILE", "a model, atoms, filters, codes, a memory, images", 1, 1},
          .fields = options_of<ShowOptions, RecallSettings>(),
          .writes_output = true,
          .output_sentence = "The picture, .png or .svg; gnuplot draws it.",
          .examples = {"striate generate --images 2 --rows 64 --columns 64 --output leaves",
                       "striate learn leaves --patch 8 --atoms 64 --coder group_lasso --lambda 0.1 "
                       "--steps 10 --output model.h5",
                       "striate show model.h5 --output dictionary.png"},
          .run = show};
}

}  // namespace striate::cli
