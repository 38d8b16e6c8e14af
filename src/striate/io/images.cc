#include "striate/io/images.h"

#include <glob.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "striate/core/archive.h"
#include "striate/io/detail/image_file.h"
#include "striate/io/formats.h"

namespace striate {
namespace {

namespace fs = std::filesystem;

// By bytes, whatever the language of the machine.
void sort_by_name(std::vector<fs::path>& paths) {
  std::sort(paths.begin(), paths.end(),
            [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
}

std::vector<fs::path> stills_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const Format* format = find_format(entry->path());
    const bool hidden = entry->path().filename().native().starts_with('.');
    std::error_code ignored;
    if (format && format->image && format->load && !hidden && entry->is_regular_file(ignored))
      found.push_back(entry->path());
  }
  if (error) throw IoError("images: ", folder.string(), ": ", error.message());
  if (found.empty())
    throw Error("images: there is no image in the folder ", folder.string(),
                " (subfolders are not searched); images end in ", list_of(readable_suffixes(true)));
  sort_by_name(found);
  return found;
}

std::vector<fs::path> matches_of(const std::string& pattern) {
  glob_t matches{};
  const int result = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &matches);
  std::vector<fs::path> found(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  ::globfree(&matches);
  if (result == GLOB_NOSPACE) throw IoError("images: out of memory for '", pattern, "'");
  std::erase_if(found, [](const fs::path& path) { return fs::is_directory(path); });
  if (found.empty()) throw Error("images: nothing matches '", pattern, "'");
  sort_by_name(found);
  return found;
}

void check_readable(const fs::path& path) {
  const Format& format = format_of(path);
  if (!format.load)
    throw Error("images: ", path.string(), ": ", format.name, " cannot be read; readable are ",
                list_of(readable_suffixes()));
}

// Rounded, clipped to what `Pixel` holds.
template <class Pixel, class T>
Array to_pixels(const fs::path& path, ImageView<const T> image, PixelScale scale) {
  constexpr double white = std::numeric_limits<Pixel>::max();
  std::vector<Pixel> pixels(static_cast<std::size_t>(image.size()));
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const double value =
        static_cast<double>(image.data[i]) * (scale == PixelScale::unit ? white : 1);
    if (std::isnan(value))
      throw Error("write_image: ", path.string(), ": a pixel is NaN; it has no colour");
    pixels[i] = static_cast<Pixel>(std::lround(std::clamp(value, 0.0, white)));
  }
  return Array::from<Pixel>(pixels, {image.rows, image.columns, image.channels});
}

}  // namespace

std::vector<fs::path> find_images(std::span<const std::string> names) {
  if (names.empty()) throw Error("images: no file, folder or pattern is given");
  std::vector<fs::path> found;
  for (const std::string& name : names) {
    std::vector<fs::path> part;
    std::error_code error;
    if (fs::is_directory(name, error)) part = stills_in(name);
    else if (fs::exists(name, error)) part = {name};
    else if (name.find_first_of("*?[") != std::string::npos) part = matches_of(name);
    else throw IoError("images: there is no file or folder ", name);
    for (const fs::path& path : part) check_readable(path);
    found.insert(found.end(), part.begin(), part.end());
  }
  return found;
}

template <class T>
std::vector<Image<T>> read_images(std::span<const fs::path> paths,
                                  const ReadImageSettings& settings) {
  std::vector<Image<T>> images;
  for (const fs::path& path : paths) {
    const detail::ImageFile file(path);
    for (std::int64_t k = 0; k < file.images(); ++k) images.push_back(file.read<T>(k, settings));
  }
  return images;
}

template <class T>
Image<T> read_image(const fs::path& path, const ReadImageSettings& settings) {
  const detail::ImageFile file(path);
  if (file.images() != 1)
    throw Error("read_image: ", path.string(), " holds ", file.images(), " images; one is needed");
  return file.read<T>(0, settings);
}

template <class T>
void write_image(const fs::path& path, ImageView<const T> image, Overwrite overwrite,
                 const WriteImageSettings& settings) {
  Archive archive;
  if (!format_of(path).image) {
    const std::span<const T> values(image.data, static_cast<std::size_t>(image.size()));
    archive.arrays["data"] =
        image.channels == 1 ? Array::from<T>(values, {image.rows, image.columns})
                            : Array::from<T>(values, {image.rows, image.columns, image.channels});
  } else if (settings.sixteen_bits) {
    archive.arrays["data"] = to_pixels<std::uint16_t>(path, image, settings.pixel_scale);
  } else {
    archive.arrays["data"] = to_pixels<std::uint8_t>(path, image, settings.pixel_scale);
  }
  save(path, archive, overwrite);
}

template <class T>
Image<T> to_grey(ImageView<const T> image) {
  if (image.channels == 1) return Image<T>(image);
  if (image.channels != 3)
    throw Error("to_grey: the image has ", image.channels, " channels; 1 or 3 are needed");
  Image<T> grey(image.rows, image.columns);
  for (std::int64_t i = 0; i < grey.size(); ++i) {
    const T* pixel = image.data + 3 * i;
    grey.data()[i] = T(.299) * pixel[0] + T(.587) * pixel[1] + T(.114) * pixel[2];
  }
  return grey;
}

#define STRIATE_INSTANTIATE(T)                                                 \
  template std::vector<Image<T>> read_images<T>(std::span<const fs::path>,     \
                                                const ReadImageSettings&);     \
  template Image<T> read_image<T>(const fs::path&, const ReadImageSettings&);  \
  template void write_image<T>(const fs::path&, ImageView<const T>, Overwrite, \
                               const WriteImageSettings&);                     \
  template Image<T> to_grey<T>(ImageView<const T>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
