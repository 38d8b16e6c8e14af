#include "cli/command_denoise.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/inputs.h"
#include "cli/progress.h"
#include "cli/restored_images.h"
#include "striate/pipelines/denoise.h"

namespace striate::cli {
namespace {

// Numbers of 0..255 for images of 0..1 are the likeliest slip.
void check_sigma(const DenoiseSettings& settings, PixelScale scale) {
  if (scale != PixelScale::unit || !settings.sigma || *settings.sigma <= 1) return;
  throw UsageError("--sigma is ", *settings.sigma,
                   "; pixels are value/255, so it must be below 1: give --sigma ",
                   fmt::format("{:.5g}", *settings.sigma / 255), ", or --pixel-scale raw");
}

template <class T>
int denoise_in(Invocation& call) {
  const auto options = call.settings<RestorationOptions>();
  const auto settings = call.settings<DenoiseSettings>();
  check_sigma(settings, options.pixel_scale);
  const auto inputs = find_images(call.arguments());
  const auto references = references_for(options.reference, inputs);
  RestoredImages outputs(call, inputs);
  const bool given = call.was_given("model") || call.was_given("dictionary");
  const Matrix<T> atoms = given ? model_of<T>(call).atoms : Matrix<T>();

  nlohmann::ordered_json& images = call.json()["images"] = nlohmann::ordered_json::array();
  bool whole = true;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const NamedImage<T> input = read_named<T>(inputs[i], options.pixel_scale);
    const auto result = [&] {
      try {
        return denoise<T>(input.image, settings, given ? &atoms : nullptr, call.run());
      } catch (const Error& error) {
        throw Error(inputs[i].string(), ": ", error.what());
      }
    }();
    if (call.interrupted()) return kInterrupted;
    whole = whole && result.stopped == StopReason::none;
    const std::string output = outputs.write(input, result.image, options.pixel_scale);
    nlohmann::ordered_json row = {{"input", inputs[i].string()},
                                  {"output", output},
                                  {"sigma", result.sigma},
                                  {"nonzeros", result.nonzeros},
                                  {"seconds", result.seconds}};
    std::string text = fmt::format("{}: sigma {:.4g}{}, {:.3g} atoms a patch, {}", output,
                                   result.sigma, settings.sigma ? "" : " (estimated)",
                                   result.nonzeros, duration_text(result.seconds));
    if (!references.empty()) {
      const NamedImage<T> clean = read_named<T>(references[i], options.pixel_scale);
      const Distance before = distance(clean, input.image), after = distance(clean, result.image);
      text += fmt::format("; PSNR {:.2f} -> {:.2f} dB, SSIM {:.4f} -> {:.4f}", before.psnr,
                          after.psnr, before.ssim, after.ssim);
      row["psnr_before"] = before.psnr;
      row["psnr"] = after.psnr;
      row["ssim_before"] = before.ssim;
      row["ssim"] = after.ssim;
    }
    call.print(text + "\n");
    images.push_back(row);
  }
  outputs.commit();
  return call.exit_code(whole);
}

int denoise_images(Invocation& call) {
  return call.common().precision == Precision::f64 ? denoise_in<double>(call)
                                                   : denoise_in<float>(call);
}

}  // namespace

Command denoise_command() {
  return {.name = "denoise",
          .sentence = "Takes white noise out of images.",
          .arguments = {"IMAGE", "images, folders, globs", 1, 100000},
          .fields = options_of<RestorationOptions, ModelOptions>(),
          .writes_output = true,
          .output_sentence =
              "A folder (no suffix) of stills with the names of the inputs, or one "
              "file for one image.",
          .selector = "method",
          .variants = {{"patch", "the mean of sparse codes of overlapping patches",
                        fields<DenoiseSettings>()}},
          .examples = {"striate generate --images 1 --rows 64 --columns 64 --output leaves",
                       "striate denoise leaves --atoms 64 --epochs 1 --output clean"},
          .run = denoise_images};
}

}  // namespace striate::cli
