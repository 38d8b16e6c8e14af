#include "cli/command_decode.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/filters.h"
#include "cli/inputs.h"
#include "cli/output_images.h"
#include "striate/core/text.h"
#include "striate/io/formats.h"
#include "striate/pipelines/coded_images.h"
#include "striate/pipelines/encode_job.h"

namespace striate::cli {
namespace {

enum class DecodeTo { automatic, images, signals };

struct DecodeOptions {
  std::string model = {};
  DecodeTo to = DecodeTo::automatic;
  bool unwhiten = true;
  bool prepared = false;

  static void describe(auto& s, auto&& visit);
};

}  // namespace
}  // namespace striate::cli

template <>
struct striate::EnumNames<striate::cli::DecodeTo> {
  static constexpr std::array<std::string_view, 3> names{"auto", "images", "signals"};
};

namespace striate::cli {
namespace {

void DecodeOptions::describe(auto& s, auto&& visit) {
  visit(s.model, {.name = "model",
                  .unit = "FILE",
                  .sentence = "Model of the codes; required, but for convolutional codes that hold "
                              "their filters."});
  visit(s.to,
        {.name = "to", .sentence = "images where the codes are of patches, signals otherwise."});
  visit(s.unwhiten,
        {.name = "unwhiten",
         .sentence = "Undo the whitening filter where it passes anything; the mean of "
                     "an image is lost to it and comes back as middle grey in stills."});
  visit(s.prepared, {.name = "prepared",
                     .sentence = "Of convolutional codes: images as the coder saw them, without "
                                 "what was taken away before."});
}

template <class T>
int decode_convolutional(Invocation& call, const DecodeOptions& options, const std::string& input,
                         const std::string& output, const Archive& archive) {
  if (options.to == DecodeTo::signals)
    throw UsageError("--to signals: ", input, " holds convolutional codes, which are of images");
  if (call.was_given("unwhiten"))
    throw UsageError("--unwhiten is for codes of patches; ", input,
                     " holds convolutional codes, and --prepared says what becomes of them");
  CodedImages<T> coded;
  try {
    coded = CodedImages<T>::from_archive(archive);
  } catch (const Error& error) {
    throw Error(input, ": ", error.what());
  }
  if (!coded.model && options.model.empty())
    throw UsageError("--model is missing; ", input, " does not hold the filters of its codes");
  const FilterModel<T> model =
      options.model.empty() ? *coded.model : load_filters<T>(options.model);
  std::vector<Image<T>> images;
  bool centred = true;  // nothing says what 0 is but the image's own range
  for (std::int64_t i = 0; i < coded.size(); ++i) {
    images.push_back(decode_coded_image(coded, i, model, options.prepared));
    const PreparedImage<T>& away = coded.away[static_cast<std::size_t>(i)];
    if (!options.prepared && (away.background.size() > 0 || away.lost.size() > 0)) centred = false;
  }
  ImagePreparation rest = model.preparation;
  rest.disc_mask = false;  // it leaves brightness what it is
  if (rest.changes_nothing() && coded.model) centred = false;
  const bool raw = model.preparation.pixel_scale == PixelScale::raw && coded.model;
  write_images(output, "image", images,
               {.centred = centred,
                .pixel_scale = raw ? PixelScale::raw : PixelScale::unit,
                .force = call.force()});
  call.print(fmt::format("{} images written to {}\n", images.size(), output));
  call.json()["output"] = output;
  call.json()["images"] = images.size();
  return kDone;
}

template <class T>
int decode_in(Invocation& call) {
  const DecodeOptions options = call.settings<DecodeOptions>();
  const std::string& input = call.arguments().front();
  const std::string output = call.output();
  const Archive codes = load(input);
  if (holds_convolutional_codes(codes))
    return decode_convolutional<T>(call, options, input, output, codes);
  if (options.prepared)
    throw UsageError("--prepared is for convolutional codes; ", input, " holds none");
  if (options.model.empty()) throw UsageError("--model is missing; codes are decoded with it");
  const Model<T> model = load_model<T>(options.model);
  codes_in<T>(input, codes);  // refuses what is not codes by the file's name
  const bool of_images = codes.has("patches/position");
  if (options.to == DecodeTo::images && !of_images)
    throw UsageError("--to images: ", input, " holds codes of signals, not of patches");
  nlohmann::ordered_json& json = call.json();
  json["output"] = output;

  if (!of_images || options.to == DecodeTo::signals) {
    const Format* format = find_format(output);
    if (!format || !format->save || format->image)
      throw UsageError("--output ", output, ": signals go to .npy, .npz or .h5");
    const Matrix<T> signals = decode_signals(codes, model);
    Archive archive;
    archive.arrays["data"] = Array::from<T>(signals.view());
    save(output, archive, call.force() ? Overwrite::yes : Overwrite::no);
    call.print(fmt::format("{} signals of {} values written to {}\n", signals.columns(),
                           signals.rows(), output));
    json["signals"] = signals.columns();
    return kDone;
  }

  std::vector<Image<T>> images = decode_images(codes, model, options.unwhiten);
  const bool whitened = model.preprocessing.whiten == Whitening::filter || !options.unwhiten;
  write_images(output, "image", images, {.centred = whitened, .force = call.force()});
  call.print(fmt::format("{} images written to {}\n", images.size(), output));
  json["images"] = images.size();
  return kDone;
}

int decode(Invocation& call) {
  return call.common().precision == Precision::f64 ? decode_in<double>(call)
                                                   : decode_in<float>(call);
}

}  // namespace

Command decode_command() {
  return {.name = "decode",
          .sentence = "Turns codes back into images or signals.",
          .arguments = {"CODES", "codes that encode wrote", 1, 1},
          .fields = options_of<DecodeOptions>(),
          .writes_output = true,
          .output_sentence = "A folder (no suffix) or one still for images, or .npy, .npz, .h5.",
          .examples = {"striate generate --images 2 --rows 64 --columns 64 --output leaves",
                       "striate learn leaves --patch 8 --atoms 64 --lambda 0.1 --steps 10 "
                       "--output model.h5",
                       "striate encode leaves --model model.h5 --output codes.h5",
                       "striate decode codes.h5 --model model.h5 --output back"},
          .run = decode};
}

}  // namespace striate::cli
