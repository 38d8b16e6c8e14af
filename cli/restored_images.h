// What the verbs that restore photographs share: their inputs with names and depth, outputs under
// the same names, and the distance from clean references.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/filters.h"
#include "cli/inputs.h"
#include "cli/invocation.h"
#include "cli/output_folder.h"
#include "cli/progress.h"
#include "striate/core/image.h"
#include "striate/io/images.h"

namespace striate::cli {

struct RestorationOptions {
  std::string method = "patch";
  std::string reference = {};
  PixelScale pixel_scale = PixelScale::unit;

  static void describe(auto& s, auto&& visit) {
    visit(s.method, {.name = "method", .sentence = "What the image is taken apart into."});
    visit(s.reference, {.name = "reference",
                        .unit = "FILE",
                        .sentence = "Clean image, or a folder of them in the order of the inputs: "
                                    "PSNR and SSIM before and after are printed."});
    visit(s.pixel_scale, {.name = "pixel_scale",
                          .sentence = "unit: 8-bit pixels are value/255, 16-bit value/65535; raw: "
                                      "as stored."});
  }
};

template <class T>
struct NamedImage {
  std::filesystem::path path;
  bool sixteen_bits = false;
  double white = 1;  // the largest value of a still, in the units of the image
  Image<T> image;
};

// One image of a file; `holes`: NaN and infinity pass. Error and IoError as read_image.
template <class T>
NamedImage<T> read_named(const std::filesystem::path& path, PixelScale scale, bool holes = false);

// The images that `option` names, one per input; empty if `name` is. UsageError: another number.
std::vector<std::filesystem::path> companions_of(const std::vector<std::filesystem::path>& inputs,
                                                 std::string_view option, const std::string& name);

// Numbers of 0..255 for images of 0..1 are the likeliest slip. UsageError: that.
void check_sigma(const std::optional<double>& sigma, PixelScale scale);

struct Distance {
  double psnr = 0;  // dB, the peak is white
  double ssim = 0;  // NaN for images of fewer than 11 x 11 pixels
};
// Error: images of different shapes, by the reference's name.
template <class T>
Distance distance(const NamedImage<T>& reference, const Image<T>& image);

// Outputs, one per input: a file if there is one input and the name has a suffix, else a folder of
// stills with the inputs' names, .png. A still of 16 bits stays one where the format can.
class RestoredImages {
 public:
  // UsageError: two inputs of one name, or what OutputFolder refuses.
  RestoredImages(const Invocation& call, const std::vector<std::filesystem::path>& inputs);

  template <class T>
  std::string write(const NamedImage<T>& input, const Image<T>& image, PixelScale scale);
  void commit();

 private:
  std::string output_;
  bool force_;
  std::unique_ptr<OutputFolder> folder_;
};

// An image with what a verb has to say of it.
template <class T>
struct Restored {
  Image<T> image;
  bool whole = true;  // not stopped on the way
  std::string words;
  nlohmann::ordered_json facts;
};

// What a pipeline returned: its words are `about`, how many nonzeros ("atoms a patch") and the time;
// its facts nonzeros and seconds behind `facts`.
template <class Result>
auto restored_of(Result&& result, std::string_view nonzeros, nlohmann::ordered_json facts,
                 const std::string& about) {
  facts["nonzeros"] = result.nonzeros;
  facts["seconds"] = result.seconds;
  return Restored<std::remove_cvref_t<decltype(*result.image.data())>>{
      .image = std::move(result.image),
      .whole = result.stopped == StopReason::none,
      .words = fmt::format("{}, {:.3g} {}, {}", about, result.nonzeros, nonzeros,
                           duration_text(result.seconds)),
      .facts = std::move(facts)};
}

// What --model, --dictionary or --filters names; none: neither was given.
template <class T>
std::optional<Matrix<T>> atoms_if_given(const Invocation& call) {
  if (!call.was_given("model") && !call.was_given("dictionary")) return {};
  return model_of<T>(call).atoms;
}
template <class T>
std::optional<FilterModel<T>> filters_if_given(const Invocation& call) {
  if (!call.was_given("model") && !call.was_given("filters")) return {};
  return filters_of<T>(call);
}

// Restores the call's images one by one: reads, writes, prints, and measures by the references.
// Returns the exit code.
template <class T>
int restore_images(Invocation& call,
                   const std::function<Restored<T>(std::size_t i, const std::filesystem::path&,
                                                   const Image<T>&)>& restore);

}  // namespace striate::cli
