#include "striate/io/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace striate {
namespace {

std::int64_t written_at(const struct stat& status) {
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

}  // namespace

Input::Input(const std::filesystem::path& path) : name_(path.string()) {
  struct stat status {};
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
    const int error = errno;
    if (descriptor_ >= 0) ::close(descriptor_);
    throw IoError("load: ", name_, ": ",
                  error == ENOENT ? "there is no such file" : std::strerror(error));
  }
  if (!S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    throw IoError("load: ", name_, " is ", S_ISDIR(status.st_mode) ? "a folder" : "a device",
                  "; a file is needed");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  written_ = written_at(status);
}

Input::Input(std::span<const std::byte> bytes, std::string name)
    : name_(std::move(name)), size_(bytes.size()), memory_(bytes) {}

Input::Input(Input&& other) noexcept
    : name_(std::move(other.name_)),
      size_(other.size_),
      written_(other.written_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      memory_(other.memory_) {}

Input::~Input() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Input::read(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset > size_ || out.size() > size_ - offset)
    throw IoError("load: ", name_, " is truncated: ", out.size(), " bytes wanted at ", offset,
                  ", the file has ", size_);
  if (descriptor_ < 0) {
    if (!out.empty()) std::memcpy(out.data(), memory_.data() + offset, out.size());
    return;
  }
  while (!out.empty()) {
    const ssize_t got = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError("load: ", name_, ": ", std::strerror(errno));
    if (got == 0) throw IoError("load: ", name_, " became shorter while it was read");
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

void Input::check_unchanged() const {
  struct stat status {};
  if (descriptor_ < 0) return;
  if (::fstat(descriptor_, &status) != 0)
    throw IoError("load: ", name_, ": ", std::strerror(errno));
  if (static_cast<std::uint64_t>(status.st_size) != size_ || written_at(status) != written_)
    throw IoError("load: ", name_, " was changed while it was read");
}

std::vector<std::byte> Input::bytes(std::uint64_t offset, std::uint64_t count) const {
  if (offset > size_ || count > size_ - offset)
    read(offset, {static_cast<std::byte*>(nullptr), count});
  std::vector<std::byte> out(count);
  read(offset, out);
  return out;
}

}  // namespace striate
