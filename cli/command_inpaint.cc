#include "cli/command_inpaint.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/masks.h"
#include "cli/restored_images.h"
#include "striate/core/random.h"
#include "striate/pipelines/convolutional_restoration.h"
#include "striate/pipelines/inpaint.h"

namespace striate::cli {
namespace {

struct InpaintOptions {
  std::string mask = {};
  std::optional<double> missing = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.mask, {.name = "mask",
                   .unit = "FILE",
                   .sentence = "What is seen: a black and white image or an array of true and "
                               "false; white, true or 1 is seen. For several inputs a folder of "
                               "masks in their order."});
    visit(s.missing, {.name = "missing",
                      .range = between(0, 1),
                      .sentence = "In place of a mask: this part of the pixels, drawn by the seed, "
                                  "is taken away, to try a method on an image that is whole."});
  }
};

Image<std::uint8_t> random_mask(std::int64_t rows, std::int64_t columns, double missing,
                                std::int64_t seed) {
  Image<std::uint8_t> mask(rows, columns);
  Random random(static_cast<std::uint64_t>(seed), stream("missing pixels"), 0);
  for (std::int64_t i = 0; i < mask.size(); ++i) mask.data()[i] = random.uniform() >= missing;
  return mask;
}

// Which pixels of an image are seen, by --mask or --missing.
class Masks {
 public:
  Masks(const Invocation& call, std::int64_t seed)
      : options_(call.settings<InpaintOptions>()), seed_(seed) {
    if (options_.mask.empty() != options_.missing.has_value())
      throw UsageError(
          "--mask FILE or --missing PART is needed, one of them: which pixels are seen");
    files_ = companions_of(find_images(call.arguments()), "--mask", options_.mask);
  }
  Image<std::uint8_t> of(std::size_t i, std::int64_t rows, std::int64_t columns) const {
    return options_.missing ? random_mask(rows, columns, *options_.missing, seed_)
                            : read_mask(files_[i]);
  }

 private:
  const InpaintOptions options_;
  const std::int64_t seed_;
  std::vector<std::filesystem::path> files_;
};

std::string missing_words(std::int64_t missing, std::int64_t rows, std::int64_t columns) {
  return fmt::format("{:.1f} % missing",
                     100 * static_cast<double>(missing) / static_cast<double>(rows * columns));
}

template <class T>
int inpaint_by_patches(Invocation& call) {
  const auto settings = call.settings<InpaintSettings>();
  check_sigma(settings.sigma, call.settings<RestorationOptions>().pixel_scale);
  const Masks masks(call, settings.own.seed);
  const auto atoms = atoms_if_given<T>(call);
  return restore_images<T>(
      call, [&](std::size_t i, const std::filesystem::path&, const Image<T>& image) {
        Inpainted<T> result = inpaint<T>(image, masks.of(i, image.rows(), image.columns()),
                                         settings, atoms ? &*atoms : nullptr, call.run());
        return restored_of(std::move(result), "atoms a patch",
                           {{"missing", result.missing}, {"passes", result.passes}},
                           missing_words(result.missing, image.rows(), image.columns()));
      });
}

template <class T>
int inpaint_by_filters(Invocation& call) {
  const auto settings = call.settings<ConvolutionalInpaintSettings>();
  check_sigma(settings.sigma, call.settings<RestorationOptions>().pixel_scale);
  const Masks masks(call, settings.own.seed);
  const auto model = filters_if_given<T>(call);
  return restore_images<T>(
      call, [&](std::size_t i, const std::filesystem::path&, const Image<T>& image) {
        auto result = inpaint_convolutional<T>(image, masks.of(i, image.rows(), image.columns()),
                                               settings, model ? &*model : nullptr, call.run());
        return restored_of(std::move(result), "entries a pixel",
                           {{"missing", result.missing}, {"lambda", result.lambda}},
                           missing_words(result.missing, image.rows(), image.columns()));
      });
}

template <class T>
int inpaint_in(Invocation& call) {
  return call.variant() == "patch" ? inpaint_by_patches<T>(call) : inpaint_by_filters<T>(call);
}

int inpaint_images(Invocation& call) {
  return call.common().precision == Precision::f64 ? inpaint_in<double>(call)
                                                   : inpaint_in<float>(call);
}

}  // namespace

Command inpaint_command() {
  return {.name = "inpaint",
          .sentence = "Fills in the pixels of images that are missing.",
          .arguments = {"IMAGE", "images, folders, globs", 1, 100000},
          .fields = options_of<InpaintOptions, RestorationOptions>(),
          .writes_output = true,
          .output_sentence =
              "A folder (no suffix) of stills with the names of the inputs, or one "
              "file for one image.",
          .selector = "method",
          .variants = {{"patch", "the mean of sparse codes of overlapping patches",
                        options_of<ModelOptions, InpaintSettings>()},
                       {"convolutional", "sparse codes of the whole image by filters",
                        options_of<FilterOptions, ConvolutionalInpaintSettings>()}},
          .examples = {"striate generate --images 1 --rows 64 --columns 64 --output leaves",
                       "striate inpaint leaves --missing 0.5 --reference leaves --atoms 64 "
                       "--epochs 2 --output whole",
                       "striate inpaint leaves --missing 0.5 --method convolutional --steps 1 "
                       "--output filled"},
          .run = inpaint_images};
}

}  // namespace striate::cli
