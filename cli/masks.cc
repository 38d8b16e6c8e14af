#include "cli/masks.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "cli/command.h"
#include "striate/io/formats.h"
#include "striate/io/hash.h"
#include "striate/io/image_files.h"

namespace striate::cli {
namespace {

template <class V>
std::vector<double> as_doubles(const Array& array) {
  const auto values = array.as<V>();
  return {values.begin(), values.end()};
}

std::vector<double> numbers_of(const Array& array) {
  switch (array.dtype()) {
    case DType::boolean:
      return as_doubles<bool>(array);
    case DType::u8:
      return as_doubles<std::uint8_t>(array);
    case DType::u16:
      return as_doubles<std::uint16_t>(array);
    case DType::i32:
      return as_doubles<std::int32_t>(array);
    case DType::i64:
      return as_doubles<std::int64_t>(array);
    default:
      return as_doubles<std::uint64_t>(array);
  }
}

// Files of masks or weights, as one reads them.
template <class T>
struct WeightFiles {
  std::int64_t count = 0;
  std::function<std::string(std::int64_t)> name;
  std::function<Image<T>(std::int64_t)> read;
};

template <class T>
WeightFiles<T> mask_files(const std::vector<std::filesystem::path>& paths) {
  const auto path = [paths](std::int64_t i) { return paths[static_cast<std::size_t>(i)]; };
  return {.count = std::ssize(paths),
          .name = [path](std::int64_t i) { return path(i).string(); },
          .read =
              [path](std::int64_t i) {
                const Image<std::uint8_t> seen = read_mask(path(i));
                Image<T> weights(seen.rows(), seen.columns());
                std::copy_n(seen.data(), seen.size(), weights.data());
                return weights;
              }};
}

template <class T>
WeightFiles<T> data_weight_files(const std::vector<std::filesystem::path>& paths) {
  const auto least = [](std::int64_t, const std::string& file, const Image<T>& image) {
    for (std::int64_t i = 0; i < image.size(); ++i)
      if (image.data()[i] < 0)
        throw Error(file, ": holds ", image.data()[i], " at row ",
                    i / (image.columns() * image.channels()), ", column ",
                    i / image.channels() % image.columns(), "; weights must be at least 0");
  };
  const auto files = std::make_shared<const ImageFiles<T>>(
      paths, ReadImageSettings{}, 0, [](std::int64_t) {}, least);
  return {.count = files->size(),
          .name = [files](std::int64_t i) { return files->file(i); },
          .read = [files](std::int64_t i) { return *files->image(i); }};
}

// Weights of images in files: of one for all, or of one for each.
template <class T>
class WeightsOfImages : public ImageSource<T> {
 public:
  WeightsOfImages(WeightFiles<T> files, const NamedImages<T>& images)
      : files_(std::move(files)), images_(images.images) {
    if (files_.count == 1) one_ = files_.read(0);
    for (std::int64_t i = 0; i < size(); ++i) {
      const Image<T> read = files_.count == 1 ? Image<T>() : files_.read(i);
      const Image<T>& own = files_.count == 1 ? one_ : read;
      const ImageShape image = shape(i);
      if (own.rows() != image.rows || own.columns() != image.columns ||
          (own.channels() != 1 && own.channels() != image.channels))
        throw Error(files_.name(files_.count == 1 ? 0 : i), ": is ", own.rows(), " x ",
                    own.columns(), " x ", own.channels(), ", ",
                    images.names[static_cast<std::size_t>(i)], " is ", image.rows, " x ",
                    image.columns, " x ", image.channels, "; they must agree");
    }
  }
  std::int64_t size() const override { return images_->size(); }
  ImageShape shape(std::int64_t i) const override { return images_->shape(i); }
  std::shared_ptr<const Image<T>> image(std::int64_t i) const override {
    Image<T> own = files_.count == 1 ? one_ : files_.read(i);
    const std::int64_t channels = shape(i).channels;
    if (own.channels() == channels) return std::make_shared<const Image<T>>(std::move(own));
    Image<T> all(own.rows(), own.columns(), channels);
    for (std::int64_t k = 0; k < all.size(); ++k) all.data()[k] = own.data()[k / channels];
    return std::make_shared<const Image<T>>(std::move(all));
  }

 private:
  const WeightFiles<T> files_;
  const std::shared_ptr<const ImageSource<T>> images_;
  Image<T> one_;  // if there is one
};

}  // namespace

Image<std::uint8_t> read_mask(const std::filesystem::path& path) {
  const Archive archive = load(path);
  if (!archive.has("data") && archive.arrays.size() != 1)
    throw Error(path.string(), ": holds ", archive.arrays.size(), " arrays; a mask is one");
  const Array& array = archive.has("data") ? archive.at("data") : archive.arrays.begin()->second;
  const auto& shape = array.shape();
  if (shape.size() != 2 && shape.size() != 3)
    throw Error(path.string(), ": mask has ", shape.size(), " dimensions; it must have 2");
  const DType type = array.dtype();
  if (type == DType::f32 || type == DType::f64 || type == DType::c64 || type == DType::c128)
    throw Error(path.string(), ": mask holds ", name_of(type),
                "; it must be true and false or black and white (true, white: seen). Weights of "
                "the data are no mask: compare them with a threshold");
  const std::int64_t channels = shape.size() == 3 ? shape[2] : 1;
  const std::vector<double> values = numbers_of(array);
  const double white = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  Image<std::uint8_t> mask(shape[0], shape[1]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto pixel = static_cast<std::int64_t>(i) / channels;
    if (values[i] != 0 && values[i] != white)
      throw Error(path.string(), ": mask holds ", values[i], " beside 0 and ", white,
                  "; it must be black and white");
    if (i % std::size_t(channels) != 0 && (values[i] != 0) != (mask.data()[pixel] != 0))
      throw Error(path.string(), ": mask has channels that differ; it must be black and white");
    mask.data()[pixel] = values[i] != 0;
  }
  return mask;
}

template <class T>
PixelWeights<T> pixel_weights(const PixelWeightOptions& options, const NamedImages<T>& images) {
  if (!options.given()) return {};
  const bool mask = !options.mask.empty();
  if (mask && !options.data_weights.empty())
    throw UsageError("--mask and --data-weights exclude one another; a mask is weights of 0 and 1");
  const std::vector<std::string> given{mask ? options.mask : options.data_weights};
  const auto paths = find_images(given);
  WeightFiles<T> files = mask ? mask_files<T>(paths) : data_weight_files<T>(paths);
  if (const std::int64_t count = images.images->size(); files.count != 1 && files.count != count)
    throw UsageError(mask ? "--mask " : "--data-weights ", given.front(), ": holds ", files.count,
                     mask ? " masks for " : " images of weights for ", count,
                     " images; one is needed, or one for each");
  std::string names;
  ContentHash contents;
  for (const auto& path : paths) {
    names += (names.empty() ? "" : ", ") + path.filename().string();
    contents.add(hash_of_file(path));
  }
  const std::string name = mask ? "mask" : "data_weights";
  return {.images = std::make_shared<WeightsOfImages<T>>(std::move(files), images),
          .inputs = {{name, names}, {name + "_hash", contents.text()}}};
}

#define STRIATE_INSTANTIATE(T) \
  template PixelWeights<T> pixel_weights(const PixelWeightOptions&, const NamedImages<T>&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::cli
