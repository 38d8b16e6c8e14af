// A file of images, read one at a time: a still, or an array whose rows may be images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "striate/io/array_file.h"
#include "striate/io/images.h"

namespace striate::detail {

class ImageFile {
 public:
  // Arrays are opened, stills not yet decoded. Error, IoError: as read_images has them.
  explicit ImageFile(const std::filesystem::path& path);
  const std::string& name() const { return name_; }
  std::int64_t images() const { return images_; }
  // IoError: a value that is not finite, unless such may pass; a file that was changed since the construction.
  template <class T>
  Image<T> read(std::int64_t k, const ReadImageSettings& settings) const;

 private:
  Array load_still() const;
  std::filesystem::path path_;
  std::string name_;
  std::unique_ptr<const ArrayFile> array_;  // null: a still
  bool batch_ = false;                      // rows of the array are images
  std::int64_t images_ = 1;
  std::uintmax_t bytes_ = 0;  // of a still, and when it was written
  std::filesystem::file_time_type written_;
};

}  // namespace striate::detail
