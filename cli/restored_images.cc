#include "cli/restored_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "striate/io/formats.h"
#include "striate/metrics/psnr.h"
#include "striate/metrics/ssim.h"

namespace striate::cli {

namespace fs = std::filesystem;

template <class T>
NamedImage<T> read_named(const fs::path& path, PixelScale scale, bool holes) {
  NamedImage<T> named{.path = path,
                      .image = read_image<T>(path, {.pixel_scale = scale, .finite = !holes})};
  const Format& format = format_of(path);
  if (!format.image) return named;
  named.sixteen_bits = load(path).at("data").dtype() == DType::u16;
  if (scale == PixelScale::raw) named.white = named.sixteen_bits ? 65535 : 255;
  return named;
}

std::vector<fs::path> companions_of(const std::vector<fs::path>& inputs, std::string_view option,
                                    const std::string& name) {
  if (name.empty()) return {};
  const std::vector<std::string> names{name};
  std::vector<fs::path> found = find_images(names);
  if (found.size() != inputs.size())
    throw UsageError(option, " ", name, ": holds ", found.size(), " images for ", inputs.size(),
                     " inputs; one for each is needed");
  return found;
}

void check_sigma(const std::optional<double>& sigma, PixelScale scale) {
  if (scale != PixelScale::unit || !sigma || *sigma <= 1) return;
  throw UsageError("--sigma is ", *sigma,
                   "; pixels are value/255, so it must be below 1: give --sigma ",
                   fmt::format("{:.5g}", *sigma / 255), ", or --pixel-scale raw");
}

template <class T>
Distance distance(const NamedImage<T>& reference, const Image<T>& image) {
  const Image<T>& clean = reference.image;
  if (clean.rows() != image.rows() || clean.columns() != image.columns() ||
      clean.channels() != image.channels())
    throw Error(reference.path.string(), ": reference has ", clean.rows(), " x ", clean.columns(),
                " pixels and ", clean.channels(), " channels, the image ", image.rows(), " x ",
                image.columns(), " and ", image.channels());
  const auto values = [](const Image<T>& a) {
    return std::span<const T>(a.data(), static_cast<std::size_t>(a.size()));
  };
  return {.psnr = psnr<T>(values(clean), values(image), Peak(reference.white)),
          .ssim = std::min(clean.rows(), clean.columns()) < 11
                      ? std::numeric_limits<double>::quiet_NaN()
                      : ssim<T>(clean, image, {.data_range = reference.white})};
}

RestoredImages::RestoredImages(const Invocation& call, const std::vector<fs::path>& inputs)
    : output_(call.output()), force_(call.force()) {
  if (!fs::path(output_).extension().empty()) {
    if (inputs.size() > 1)
      throw UsageError("--output ", output_, ": is one file, there are ", inputs.size(),
                       " images; a name without a suffix makes a folder");
    const Format* format = find_format(output_);
    if (!format || !format->save)
      throw UsageError("--output ", output_,
                       ": must be a folder's name without a suffix, or end in one of ",
                       list_of(writable_suffixes()));
    return;
  }
  std::set<std::string> names;
  for (const fs::path& input : inputs)
    if (!names.insert(input.stem().string()).second)
      throw UsageError("--output ", output_, ": two inputs are called ", input.stem().string(),
                       "; treat them one by one");
  folder_ = std::make_unique<OutputFolder>(output_, force_);
}

template <class T>
std::string RestoredImages::write(const NamedImage<T>& input, const Image<T>& image,
                                  PixelScale scale) {
  const std::string name = input.path.stem().string() + ".png";
  const fs::path path = folder_ ? folder_->path() / name : fs::path(output_);
  const std::string_view format = format_of(path).name;
  const bool deep = input.sixteen_bits && (format == "png" || format == "tiff");
  write_image<T>(path, image,
                 folder_  ? folder_->overwrite()
                 : force_ ? Overwrite::yes
                          : Overwrite::no,
                 {.pixel_scale = scale, .sixteen_bits = deep});
  return folder_ ? (fs::path(output_) / name).string() : output_;
}

void RestoredImages::commit() {
  if (folder_) folder_->commit();
}

// What is missing shows as black.
template <class T>
Image<T> with_black_holes(Image<T> image) {
  std::replace_if(
      image.data(), image.data() + image.size(), [](T x) { return !std::isfinite(x); }, T(0));
  return image;
}

template <class T>
int restore_images(
    Invocation& call,
    const std::function<Restored<T>(std::size_t, const fs::path&, const Image<T>&)>& restore) {
  const auto options = call.settings<RestorationOptions>();
  const auto inputs = find_images(call.arguments());
  const auto references = companions_of(inputs, "--reference", options.reference);
  RestoredImages outputs(call, inputs);
  nlohmann::ordered_json& images = call.json()["images"] = nlohmann::ordered_json::array();
  bool whole = true;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    // Whether a pixel counts, and so must be finite, is known to who restores.
    const NamedImage<T> input = read_named<T>(inputs[i], options.pixel_scale, true);
    const auto restored = [&] {
      try {
        return restore(i, inputs[i], input.image);
      } catch (const UsageError&) {
        throw;
      } catch (const Error& error) {
        throw Error(inputs[i].string(), ": ", error.what());
      }
    }();
    if (call.interrupted()) return kInterrupted;
    whole = whole && restored.whole;
    const std::string output = outputs.write(input, restored.image, options.pixel_scale);
    nlohmann::ordered_json row = {{"input", inputs[i].string()}, {"output", output}};
    row.update(restored.facts);
    std::string text = output + ": " + restored.words;
    if (!references.empty()) {
      const NamedImage<T> clean = read_named<T>(references[i], options.pixel_scale);
      const Distance before = distance(clean, with_black_holes(input.image));
      const Distance after = distance(clean, restored.image);
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

#define STRIATE_INSTANTIATE(T)                                                           \
  template NamedImage<T> read_named(const fs::path&, PixelScale, bool);                  \
  template Distance distance(const NamedImage<T>&, const Image<T>&);                     \
  template int restore_images(                                                           \
      Invocation&,                                                                       \
      const std::function<Restored<T>(std::size_t, const fs::path&, const Image<T>&)>&); \
  template std::string RestoredImages::write(const NamedImage<T>&, const Image<T>&, PixelScale);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::cli
