#include "cli/command_denoise.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/inputs.h"
#include "cli/progress.h"
#include "cli/restored_images.h"
#include "striate/pipelines/denoise.h"

namespace striate::cli {
namespace {

template <class T>
int denoise_in(Invocation& call) {
  const auto settings = call.settings<DenoiseSettings>();
  check_sigma(settings.sigma, call.settings<RestorationOptions>().pixel_scale);
  const bool given = call.was_given("model") || call.was_given("dictionary");
  const Matrix<T> atoms = given ? model_of<T>(call).atoms : Matrix<T>();
  return restore_images<T>(
      call, [&](std::size_t, const std::filesystem::path&, const Image<T>& image) {
        Denoised<T> result = denoise<T>(image, settings, given ? &atoms : nullptr, call.run());
        return Restored<T>{.image = std::move(result.image),
                           .whole = result.stopped == StopReason::none,
                           .words = fmt::format("sigma {:.4g}{}, {:.3g} atoms a patch, {}",
                                                result.sigma, settings.sigma ? "" : " (estimated)",
                                                result.nonzeros, duration_text(result.seconds)),
                           .facts = {{"sigma", result.sigma},
                                     {"nonzeros", result.nonzeros},
                                     {"seconds", result.seconds}}};
      });
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
