#include "cli/output_images.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "cli/invocation.h"
#include "cli/output_folder.h"
#include "striate/core/text.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"

namespace striate::cli {
namespace {

namespace fs = std::filesystem;

template <class T>
void write_still(const fs::path& path, const Image<T>& image, const ImageOutput& how) {
  const Overwrite overwrite = how.force ? Overwrite::yes : Overwrite::no;
  WriteImageSettings settings{.sixteen_bits = how.sixteen_bits};
  if (!how.centred) {
    settings.pixel_scale = how.pixel_scale;
    write_image<T>(path, image, overwrite, settings);
    return;
  }
  T largest = 0;
  for (std::int64_t i = 0; i < image.size(); ++i)
    largest = std::max(largest, std::abs(image.data()[i]));
  Image<T> shown = image;
  for (std::int64_t i = 0; i < image.size(); ++i)
    shown.data()[i] = T(0.5) + (largest > 0 ? image.data()[i] / (2 * largest) : T(0));
  write_image<T>(path, shown, overwrite, settings);
}

template <class T>
void write_folder(const std::string& output, const std::string& name,
                  const std::vector<Image<T>>& images, const ImageOutput& how) {
  OutputFolder folder(output, how.force);
  for (std::size_t i = 0; i < images.size(); ++i)
    write_still(folder.path() / fmt::format("{}-{:04}.png", name, i), images[i], how);
  folder.commit();
}

template <class T>
Archive batch_of(const std::string& output, const std::vector<Image<T>>& images) {
  const Image<T>& first = images.front();
  std::vector<std::int64_t> shape = {static_cast<std::int64_t>(images.size()), first.rows(),
                                     first.columns()};
  if (first.channels() > 1) shape.push_back(first.channels());
  std::vector<T> values;
  for (const Image<T>& image : images) {
    if (image.rows() != first.rows() || image.columns() != first.columns() ||
        image.channels() != first.channels())
      throw UsageError("--output ", output,
                       ": the images differ in size; one array holds images of one size, a folder "
                       "(a name without a suffix) any");
    values.insert(values.end(), image.data(), image.data() + image.size());
  }
  Archive archive;
  archive.arrays["data"] = Array::from<T>(values, shape);
  return archive;
}

}  // namespace

template <class T>
void write_images(const std::string& output, const std::string& name,
                  const std::vector<Image<T>>& images, const ImageOutput& how) {
  if (images.empty()) throw Error("there are no images to write");
  if (fs::path(output).extension().empty()) {
    write_folder(output, name, images, how);
    return;
  }
  const Format* format = find_format(output);
  if (!format || !format->save)
    throw UsageError("--output ", output,
                     ": must be a folder's name without a suffix, or end in one of ",
                     list_of(writable_suffixes()));
  if (format->image) {
    if (images.size() > 1)
      throw UsageError("--output ", output, ": is one still, there are ", images.size(),
                       " images; a name without a suffix makes a folder");
    write_still(output, images.front(), how);
    return;
  }
  Archive archive = batch_of(output, images);
  if (!output.ends_with(".npy") && !how.run.empty())
    archive.attributes[std::string(kRunGroup)] = how.run;
  save(output, archive, how.force ? Overwrite::yes : Overwrite::no);
}

template void write_images(const std::string&, const std::string&, const std::vector<Image<float>>&,
                           const ImageOutput&);
template void write_images(const std::string&, const std::string&,
                           const std::vector<Image<double>>&, const ImageOutput&);

}  // namespace striate::cli
