#include "cli/command_inpaint.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/inputs.h"
#include "cli/masks.h"
#include "cli/progress.h"
#include "cli/restored_images.h"
#include "striate/core/random.h"
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

template <class T>
int inpaint_in(Invocation& call) {
  const auto settings = call.settings<InpaintSettings>();
  check_sigma(settings.sigma, call.settings<RestorationOptions>().pixel_scale);
  const auto options = call.settings<InpaintOptions>();
  if (options.mask.empty() != options.missing.has_value())
    throw UsageError("--mask FILE or --missing PART is needed, one of them: which pixels are seen");
  const auto masks = companions_of(find_images(call.arguments()), "--mask", options.mask);
  const bool given = call.was_given("model") || call.was_given("dictionary");
  const Matrix<T> atoms = given ? model_of<T>(call).atoms : Matrix<T>();
  return restore_images<T>(call, [&](std::size_t i, const std::filesystem::path&,
                                     const Image<T>& image) {
    const Image<std::uint8_t> mask =
        options.missing
            ? random_mask(image.rows(), image.columns(), *options.missing, settings.own.seed)
            : read_mask(masks[i]);
    Inpainted<T> result = inpaint<T>(image, mask, settings, given ? &atoms : nullptr, call.run());
    const double part =
        static_cast<double>(result.missing) / static_cast<double>(image.rows() * image.columns());
    return Restored<T>{
        .image = std::move(result.image),
        .whole = result.stopped == StopReason::none,
        .words = fmt::format("{:.1f} % missing, {:.3g} atoms a patch, {}", 100 * part,
                             result.nonzeros, duration_text(result.seconds)),
        .facts = {{"missing", result.missing},
                  {"passes", result.passes},
                  {"nonzeros", result.nonzeros},
                  {"seconds", result.seconds}}};
  });
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
          .fields = options_of<InpaintOptions, RestorationOptions, ModelOptions>(),
          .writes_output = true,
          .output_sentence =
              "A folder (no suffix) of stills with the names of the inputs, or one "
              "file for one image.",
          .selector = "method",
          .variants = {{"patch", "the mean of sparse codes of overlapping patches",
                        fields<InpaintSettings>()}},
          .examples = {"striate generate --images 1 --rows 64 --columns 64 --output leaves",
                       "striate inpaint leaves --missing 0.5 --reference leaves --atoms 64 "
                       "--epochs 2 --output whole"},
          .run = inpaint_images};
}

}  // namespace striate::cli
