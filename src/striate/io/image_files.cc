#include "striate/io/image_files.h"

#include <algorithm>
#include <list>
#include <map>
#include <mutex>

#include "striate/core/parallel.h"
#include "striate/io/detail/image_file.h"

namespace striate {

// The images used last.
template <class T>
class ImageFiles<T>::Recent {
 public:
  using Shared = std::shared_ptr<const Image<T>>;
  explicit Recent(std::int64_t kept_bytes) : room_(kept_bytes) {}

  // Null: not here.
  Shared find(std::int64_t i) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(i);
    if (found == places_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return found->second->second;
  }
  void keep(std::int64_t i, const Shared& image) {
    const std::lock_guard lock(mutex_);
    if (places_.contains(i)) return;  // another thread was faster
    order_.emplace_front(i, image);
    places_[i] = order_.begin();
    room_ -= bytes_of(*image);
    while (room_ < 0) {
      room_ += bytes_of(*order_.back().second);
      places_.erase(order_.back().first);
      order_.pop_back();
    }
  }

 private:
  static std::int64_t bytes_of(const Image<T>& image) {
    return image.size() * static_cast<std::int64_t>(sizeof(T)) + 256;
  }
  std::mutex mutex_;
  std::int64_t room_;  // bytes
  std::list<std::pair<std::int64_t, Shared>> order_;
  std::map<std::int64_t, typename std::list<std::pair<std::int64_t, Shared>>::iterator> places_;
};

template <class T>
struct ImageFiles<T>::File : detail::ImageFile {
  using detail::ImageFile::ImageFile;
};

template <class T>
ImageFiles<T>::ImageFiles(std::span<const std::filesystem::path> paths,
                          const ReadImageSettings& settings, std::int64_t kept_bytes,
                          const std::function<void(std::int64_t)>& begin, const Look& look)
    : settings_(settings), recent_(std::make_unique<Recent>(kept_bytes)) {
  for (const auto& path : paths) {
    files_.push_back(std::make_unique<const File>(path));
    starts_.push_back(starts_.back() + files_.back()->images());
  }
  shapes_.resize(static_cast<std::size_t>(starts_.back()));
  begin(size());
  parallel_for(size(), [&](std::int64_t i, int) {
    const Image<T> image = decode(i);
    shapes_[static_cast<std::size_t>(i)] = {image.rows(), image.columns(), image.channels()};
    look(i, file(i), image);
  });
}

template <class T>
ImageFiles<T>::~ImageFiles() = default;

template <class T>
std::size_t ImageFiles<T>::file_of(std::int64_t i) const {
  return static_cast<std::size_t>(std::upper_bound(starts_.begin(), starts_.end(), i) -
                                  starts_.begin() - 1);
}

template <class T>
const std::string& ImageFiles<T>::file(std::int64_t i) const {
  return files_[file_of(i)]->name();
}

template <class T>
Image<T> ImageFiles<T>::decode(std::int64_t i) const {
  const std::size_t file = file_of(i);
  return files_[file]->template read<T>(i - starts_[file], settings_);
}

template <class T>
std::shared_ptr<const Image<T>> ImageFiles<T>::image(std::int64_t i) const {
  if (auto kept = recent_->find(i)) return kept;
  Image<T> image = decode(i);
  if (ImageShape{image.rows(), image.columns(), image.channels()} != shape(i))
    throw IoError("images: ", file(i), " was changed while it was read");
  auto shared = std::make_shared<const Image<T>>(treat_ ? treat_(image) : std::move(image));
  recent_->keep(i, shared);
  return shared;
}

template class ImageFiles<float>;
template class ImageFiles<double>;

}  // namespace striate
