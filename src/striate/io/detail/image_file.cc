#include "striate/io/detail/image_file.h"

#include <cmath>

#include "striate/core/text.h"
#include "striate/io/formats.h"

namespace striate::detail {
namespace {

// What one step of the stored numbers is worth.
double pixel_unit(const Array& array, bool still, PixelScale scale) {
  if (!still || scale == PixelScale::raw) return 1;
  if (array.dtype() == DType::u8) return 255;
  return array.dtype() == DType::u16 ? 65535 : 1;
}

}  // namespace

ImageFile::ImageFile(const std::filesystem::path& path) : path_(path), name_(path.string()) {
  const Format& format = format_of(path);
  if (!format.load)
    throw Error("images: ", name_, ": ", format.name, " cannot be read; readable are ",
                list_of(readable_suffixes()));
  if (format.image) {
    std::error_code error;
    bytes_ = std::filesystem::file_size(path, error);
    if (!error) written_ = std::filesystem::last_write_time(path, error);
    if (error) throw IoError("images: ", name_, ": ", error.message());
    return;
  }
  array_ = open_array(path);
  const auto& shape = array_->shape();
  if (shape.size() < 2 || shape.size() > 4)
    throw Error("images: ", name_, " holds an array of ", shape.size(),
                " dimensions; images are (H, W), (H, W, C), (n, H, W) or (n, H, W, C)");
  if (array_->size() == 0) throw Error("images: ", name_, " holds an empty array");
  if (array_->dtype() == DType::c64 || array_->dtype() == DType::c128)
    throw Error("images: ", name_, " holds complex numbers; real ones are needed");
  // An array of three dimensions whose last is 1 or 3 is one image.
  batch_ = shape.size() == 4 || (shape.size() == 3 && shape[2] != 1 && shape[2] != 3);
  if (batch_) images_ = array_->rows();
}

Array ImageFile::load_still() const {
  std::error_code error;
  const Archive archive = load(path_);
  if (std::filesystem::file_size(path_, error) != bytes_ || error ||
      std::filesystem::last_write_time(path_, error) != written_)
    throw IoError("images: ", name_, " was changed while it was read");
  return archive.at("data");
}

template <class T>
Image<T> ImageFile::read(std::int64_t k, const ReadImageSettings& settings) const {
  const Array array = !array_  ? load_still()
                      : batch_ ? array_->read(k, 1)
                               : array_->read(0, array_->rows());
  const std::vector<std::int64_t> shape(array.shape().begin() + batch_, array.shape().end());
  const auto unit = static_cast<T>(pixel_unit(array, !array_, settings.pixel_scale));
  const std::vector<T> values = array.to<T>();
  Image<T> image(shape[0], shape[1], shape.size() == 3 ? shape[2] : 1);
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const T value = values[static_cast<std::size_t>(i)];
    if (settings.finite && !std::isfinite(value))
      throw IoError("images: ", name_, " holds NaN or infinity (image ", k, ", row ",
                    i / (image.columns() * image.channels()), ", column ",
                    i / image.channels() % image.columns(), "); all numbers must be finite");
    image.data()[i] = value / unit;
  }
  return settings.grey ? to_grey<T>(image) : image;
}

template Image<float> ImageFile::read(std::int64_t, const ReadImageSettings&) const;
template Image<double> ImageFile::read(std::int64_t, const ReadImageSettings&) const;

}  // namespace striate::detail
