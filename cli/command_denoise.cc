#include "cli/command_denoise.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/restored_images.h"
#include "striate/pipelines/convolutional_restoration.h"
#include "striate/pipelines/denoise.h"

namespace striate::cli {
namespace {

std::string sigma_words(double sigma, bool given) {
  return fmt::format("sigma {:.4g}{}", sigma, given ? "" : " (estimated)");
}

template <class T>
int denoise_by_patches(Invocation& call) {
  const auto settings = call.settings<DenoiseSettings>();
  check_sigma(settings.sigma, call.settings<RestorationOptions>().pixel_scale);
  const auto atoms = atoms_if_given<T>(call);
  return restore_images<T>(
      call, [&](std::size_t, const std::filesystem::path&, const Image<T>& image) {
        Denoised<T> result = denoise<T>(image, settings, atoms ? &*atoms : nullptr, call.run());
        return restored_of(std::move(result), "atoms a patch", {{"sigma", result.sigma}},
                           sigma_words(result.sigma, settings.sigma.has_value()));
      });
}

template <class T>
int denoise_by_filters(Invocation& call) {
  const auto settings = call.settings<ConvolutionalDenoiseSettings>();
  check_sigma(settings.sigma, call.settings<RestorationOptions>().pixel_scale);
  const auto model = filters_if_given<T>(call);
  return restore_images<T>(call, [&](std::size_t, const std::filesystem::path&,
                                     const Image<T>& image) {
    auto result = denoise_convolutional<T>(image, settings, model ? &*model : nullptr, call.run());
    return restored_of(std::move(result), "entries a pixel",
                       {{"sigma", result.sigma}, {"lambda", result.lambda}},
                       sigma_words(result.sigma, settings.sigma.has_value()));
  });
}

template <class T>
int denoise_in(Invocation& call) {
  return call.variant() == "patch" ? denoise_by_patches<T>(call) : denoise_by_filters<T>(call);
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
          .fields = options_of<RestorationOptions>(),
          .writes_output = true,
          .output_sentence =
              "A folder (no suffix) of stills with the names of the inputs, or one "
              "file for one image.",
          .selector = "method",
          .variants = {{"patch", "the mean of sparse codes of overlapping patches",
                        options_of<ModelOptions, DenoiseSettings>()},
                       {"convolutional", "sparse codes of the whole image by filters",
                        options_of<FilterOptions, ConvolutionalDenoiseSettings>()}},
          .examples = {"striate generate --images 1 --rows 64 --columns 64 --output leaves",
                       "striate denoise leaves --atoms 64 --epochs 1 --output clean",
                       "striate denoise leaves --method convolutional --steps 1 --output smooth"},
          .run = denoise_images};
}

}  // namespace striate::cli
