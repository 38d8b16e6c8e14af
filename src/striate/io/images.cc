#include "striate/io/images.h"

#include <fcntl.h>
#include <glob.h>

#include <algorithm>
#include <cmath>

#include "striate/io/formats.h"

namespace striate {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> images_in_folder(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const Format* format = find_format(entry.path());
    if (format && format->image && format->load && entry.is_regular_file() &&
        !entry.path().filename().string().starts_with("."))
      found.push_back(entry.path());
  }
  if (error) throw IoError(folder.string(), ": cannot be listed (", error.message(), ")");
  if (found.empty())
    throw Error("find_images: the folder ", folder.string(), " has no images; read are ",
                list_of(readable_suffixes(true)));
  std::ranges::sort(found);
  return found;
}

std::vector<fs::path> images_of_glob(const std::string& pattern) {
  glob_t found{};
  const int status = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<fs::path> paths(found.gl_pathv, found.gl_pathv + (status == 0 ? found.gl_pathc : 0));
  ::globfree(&found);
  if (paths.empty()) throw Error("find_images: nothing matches '", pattern, "'");
  std::ranges::sort(paths);
  return paths;
}

// The pixels of an array (rows, columns, channels) from `first` on.
template <class T>
Image<T> image_of(std::span<const T> pixels, std::int64_t first, std::int64_t rows,
                  std::int64_t columns, std::int64_t channels) {
  return Image<T>(ImageView<const T>(pixels.data() + first, rows, columns, channels));
}

template <class T>
void check_finite(const Image<T>& image, const fs::path& path) {
  for (std::int64_t i = 0; i < image.size(); ++i)
    if (!std::isfinite(image.data()[i]))
      throw IoError(path.string(), ": the pixel in row ", i / image.channels() / image.columns(),
                    ", column ", i / image.channels() % image.columns(), " is not finite");
}

// All images of one file.
template <class T>
std::vector<Image<T>> images_of(const fs::path& path, const ReadImageSettings& settings) {
  const bool still = format_of(path).image;
  const Archive archive = load(path);
  if (!archive.has("data") && archive.arrays.size() != 1)
    throw IoError(path.string(), ": holds ", archive.arrays.size(),
                  " arrays; images are the only one, or the one with the name 'data'");
  const Array& array = archive.has("data") ? archive.at("data") : archive.arrays.begin()->second;
  const auto& shape = array.shape();
  std::vector<T> pixels = array.to<T>();
  if (still && settings.pixel_scale == PixelScale::unit) {
    const T white = array.dtype() == DType::u8 ? 255 : array.dtype() == DType::u16 ? 65535 : 1;
    for (T& x : pixels) x /= white;
  }

  std::int64_t count = 1, rows = 0, columns = 0, channels = 1;
  const bool one = shape.size() == 2 || (shape.size() == 3 && (shape[2] == 1 || shape[2] == 3));
  if (one) {
    rows = shape[0], columns = shape[1];
    if (shape.size() == 3) channels = shape[2];
  } else if (shape.size() == 3 || shape.size() == 4) {
    count = shape[0], rows = shape[1], columns = shape[2];
    if (shape.size() == 4) channels = shape[3];
  } else {
    throw IoError(path.string(), ": an array of ", shape.size(),
                  " dimensions; images have 2, 3 or 4: (rows, columns), (images, rows, columns), "
                  "and channels last");
  }
  std::vector<Image<T>> images;
  for (std::int64_t i = 0; i < count; ++i) {
    images.push_back(image_of<T>(pixels, i * rows * columns * channels, rows, columns, channels));
    check_finite(images.back(), path);
    if (settings.grey) images.back() = to_grey<T>(images.back());
  }
  return images;
}

}  // namespace

std::vector<fs::path> find_images(std::span<const std::string> names) {
  if (names.empty()) throw Error("find_images: no file, folder or pattern was given");
  std::vector<fs::path> all;
  for (const std::string& name : names) {
    std::error_code error;
    std::vector<fs::path> found{name};
    if (fs::is_directory(name, error)) found = images_in_folder(name);
    else if (!fs::exists(name, error) && name.find_first_of("*?[") != std::string::npos)
      found = images_of_glob(name);
    else if (!fs::exists(name, error)) throw IoError(name, ": no such file or folder");
    for (const fs::path& path : found)
      if (!format_of(path).load)
        throw Error("find_images: ", path.string(), " cannot be read; read are ",
                    list_of(readable_suffixes()));
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

template <class T>
Image<T> read_image(const fs::path& path, const ReadImageSettings& settings) {
  auto images = images_of<T>(path, settings);
  if (images.size() != 1)
    throw Error("read_image: ", path.string(), " holds ", images.size(), " images; one is needed");
  return std::move(images.front());
}

template <class T>
std::vector<Image<T>> read_images(std::span<const fs::path> paths,
                                  const ReadImageSettings& settings) {
  std::vector<Image<T>> all;
  for (const fs::path& path : paths)
    for (Image<T>& image : images_of<T>(path, settings)) all.push_back(std::move(image));
  return all;
}

template <class T>
void write_image(const fs::path& path, ImageView<const T> image, Overwrite overwrite,
                 const WriteImageSettings& settings) {
  std::vector<std::int64_t> shape{image.rows, image.columns};
  if (image.channels > 1) shape.push_back(image.channels);
  const auto count = static_cast<std::size_t>(image.size());
  Archive archive;
  if (!format_of(path).image) {
    archive.arrays["data"] = Array::from<T>(std::span(image.data, count), shape);
  } else {
    const double white = settings.sixteen_bits ? 65535 : 255;
    const double factor = settings.pixel_scale == PixelScale::unit ? white : 1;
    Array pixels(settings.sixteen_bits ? DType::u16 : DType::u8, shape);
    for (std::size_t i = 0; i < count; ++i) {
      const double x = static_cast<double>(image.data[i]) * factor;
      if (std::isnan(x)) throw Error("write_image: a pixel of the image is NaN");
      const double level = std::clamp(std::round(x), 0.0, white);
      if (settings.sixteen_bits)
        reinterpret_cast<std::uint16_t*>(pixels.bytes().data())[i] =
            static_cast<std::uint16_t>(level);
      else
        reinterpret_cast<std::uint8_t*>(pixels.bytes().data())[i] =
            static_cast<std::uint8_t>(level);
    }
    archive.arrays["data"] = std::move(pixels);
  }
  save(path, archive, overwrite);
}

template <class T>
Image<T> to_grey(ImageView<const T> image) {
  if (image.channels == 1) return Image<T>(image);
  if (image.channels != 3)
    throw Error("to_grey: the image has ", image.channels, " channels; 1 or 3 are allowed");
  Image<T> grey(image.rows, image.columns);
  for (std::int64_t i = 0; i < grey.size(); ++i)
    grey.data()[i] = static_cast<T>(.299 * image.data[3 * i] + .587 * image.data[3 * i + 1] +
                                    .114 * image.data[3 * i + 2]);
  return grey;
}

#define STRIATE_INSTANTIATE(T)                                                                     \
  template Image<T> read_image(const fs::path&, const ReadImageSettings&);                         \
  template std::vector<Image<T>> read_images(std::span<const fs::path>, const ReadImageSettings&); \
  template void write_image(const fs::path&, ImageView<const T>, Overwrite,                        \
                            const WriteImageSettings&);                                            \
  template Image<T> to_grey(ImageView<const T>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
