#include "cli/command_decode.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/inputs.h"
#include "cli/output_images.h"
#include "striate/core/text.h"
#include "striate/io/formats.h"
#include "striate/pipelines/encode_job.h"

namespace striate::cli {
namespace {

enum class DecodeTo { automatic, images, signals };

struct DecodeOptions {
  std::string model = {};
  DecodeTo to = DecodeTo::automatic;
  bool unwhiten = true;

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
  visit(s.model, {.name = "model", .unit = "FILE", .sentence = "Model of the codes; required."});
  visit(s.to,
        {.name = "to", .sentence = "images where the codes are of patches, signals otherwise."});
  visit(s.unwhiten,
        {.name = "unwhiten",
         .sentence = "Undo the whitening filter where it passes anything; the mean of "
                     "an image is lost to it and comes back as middle grey in stills."});
}

template <class T>
int decode_in(Invocation& call) {
  const DecodeOptions options = call.settings<DecodeOptions>();
  if (options.model.empty()) throw UsageError("--model is missing; codes are decoded with it");
  const std::string& input = call.arguments().front();
  const std::string output = call.output();
  const Model<T> model = load_model<T>(options.model);
  const Archive codes = load(input);
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
