// Images that stay in their files and are decoded when they are needed. Those used last are kept,
// up to a number of bytes; rows of an array file (n, H, W[, C]) are images too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "striate/core/source.h"
#include "striate/io/images.h"

namespace striate {

template <class T>
class ImageFiles : public ImageSource<T> {
 public:
  // What is done to an image after it is decoded, as whitening.
  using Treat = std::function<Image<T>(const Image<T>&)>;
  // Is shown every image once, on many threads and in any order; `file` holds it.
  using Look = std::function<void(std::int64_t number, const std::string& file, const Image<T>&)>;

  // Opens arrays and decodes every image once, for its shape and for `look`, which `begin` prepares
  // for this many images. Error and IoError as read_images has them.
  ImageFiles(std::span<const std::filesystem::path> paths, const ReadImageSettings& settings,
             std::int64_t kept_bytes, const std::function<void(std::int64_t)>& begin,
             const Look& look);
  ~ImageFiles() override;
  // From now on; before any image is asked for.
  void treat(Treat treat) { treat_ = std::move(treat); }

  std::int64_t size() const override { return static_cast<std::int64_t>(shapes_.size()); }
  ImageShape shape(std::int64_t i) const override { return shapes_[static_cast<std::size_t>(i)]; }
  // IoError: the file is not as it was when it was looked at first.
  std::shared_ptr<const Image<T>> image(std::int64_t i) const override;
  const std::string& file(std::int64_t i) const;

 private:
  class Recent;
  struct File;
  std::size_t file_of(std::int64_t i) const;
  Image<T> decode(std::int64_t i) const;

  ReadImageSettings settings_;
  std::vector<std::unique_ptr<const File>> files_;
  std::vector<std::int64_t> starts_ = {0};  // images in the files before; one more at the end
  std::vector<ImageShape> shapes_;
  Treat treat_;
  std::unique_ptr<Recent> recent_;
};

}  // namespace striate
