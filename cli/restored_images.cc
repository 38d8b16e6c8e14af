#include "cli/restored_images.h"

#include <cmath>
#include <limits>
#include <set>

#include "striate/io/formats.h"
#include "striate/metrics/psnr.h"
#include "striate/metrics/ssim.h"

namespace striate::cli {

namespace fs = std::filesystem;

template <class T>
NamedImage<T> read_named(const fs::path& path, PixelScale scale) {
  NamedImage<T> named{.path = path, .image = read_image<T>(path, {.pixel_scale = scale})};
  const Format& format = format_of(path);
  if (!format.image) return named;
  named.sixteen_bits = load(path).at("data").dtype() == DType::u16;
  if (scale == PixelScale::raw) named.white = named.sixteen_bits ? 65535 : 255;
  return named;
}

std::vector<fs::path> references_for(const std::string& reference,
                                     const std::vector<fs::path>& inputs) {
  if (reference.empty()) return {};
  const std::vector<std::string> names{reference};
  std::vector<fs::path> references = find_images(names);
  if (references.size() != inputs.size())
    throw UsageError("--reference ", reference, ": holds ", references.size(), " images for ",
                     inputs.size(), " inputs; one for each is needed");
  return references;
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

#define STRIATE_INSTANTIATE(T)                                       \
  template NamedImage<T> read_named(const fs::path&, PixelScale);    \
  template Distance distance(const NamedImage<T>&, const Image<T>&); \
  template std::string RestoredImages::write(const NamedImage<T>&, const Image<T>&, PixelScale);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::cli
