#include "striate/io/atomic_file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <system_error>

namespace striate {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = ".striate-", suffix = ".tmp";

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// Where the bytes are to be: links followed, even those that point at nothing yet.
fs::path resolve(const fs::path& path) {
  fs::path target = path;
  std::error_code error;
  for (int links = 0; links < 40 && fs::is_symlink(fs::symlink_status(target, error)); ++links) {
    const fs::path next = fs::read_symlink(target, error);
    if (error) break;
    target = next.is_absolute() ? next : folder_of(target) / next;
  }
  return target;
}

// A rename is on the disk once its folder is.
void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);  // some file systems refuse it; the file itself was forced out already
  ::close(descriptor);
}

// The process that made a temporary name, or 0 if it is none of ours.
pid_t maker_of(const std::string& name) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return 0;
  pid_t pid = 0;
  std::from_chars(name.data() + prefix.size(), name.data() + name.size(), pid);
  return pid;
}

}  // namespace

void check_output(const fs::path& path, Overwrite overwrite) {
  if (path.empty() || !path.has_filename())
    throw IoError("save: '", path.string(), "' names no file");
  std::error_code error;
  const fs::path target = resolve(path);
  const fs::file_status status = fs::status(target, error);
  if (fs::is_directory(status)) throw IoError("save: ", path.string(), " is a folder");
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw IoError("save: ", path.string(), " is a device; only files are written");
  if (fs::exists(status) && overwrite == Overwrite::no)
    throw IoError("save: ", path.string(), " exists; it is replaced only if that is asked for");
  if (!fs::is_directory(folder_of(target), error))
    throw IoError("save: ", path.string(), ": there is no folder ", folder_of(target).string());
}

AtomicFile::AtomicFile(const fs::path& path, Overwrite overwrite)
    : path_(path), target_(resolve(path)), overwrite_(overwrite) {
  check_output(path, overwrite);
  static std::atomic<unsigned> counter{0};
  do {
    temporary_ = folder_of(target_) / join(prefix, ::getpid(), '-', counter++, suffix);
    descriptor_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) {
    temporary_.clear();
    fail("cannot be created", errno);
  }
  struct stat old {};  // a file that is replaced keeps its permissions
  if (::stat(target_.c_str(), &old) == 0) (void)!::fchmod(descriptor_, old.st_mode & 07777);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::fail(std::string_view what, int error) const {
  throw IoError("save: ", path_.string(), ' ', what, ": ", std::strerror(error));
}

void AtomicFile::write(std::span<const std::byte> bytes) { write_at(size_, bytes); }

void AtomicFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put =
        ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) fail("cannot be written", put < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
    if (offset > size_) size_ = offset;
  }
}

void AtomicFile::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t got = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail("cannot be read back", got < 0 ? errno : EIO);
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

void AtomicFile::resize(std::uint64_t size) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) fail("cannot be written", errno);
  size_ = size;
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail("cannot be written", errno);
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (::close(descriptor) != 0) fail("cannot be written", errno);
  if (overwrite_ == Overwrite::yes) {
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be renamed", errno);
  } else if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, target_.c_str(),
                         RENAME_NOREPLACE) != 0) {
    if (errno != EINVAL && errno != ENOSYS) fail("cannot be renamed", errno);
    check_output(path_, overwrite_);  // a file system without the exclusive rename
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be renamed", errno);
  }
  temporary_.clear();
  sync_folder(folder_of(target_));
}

void write_file(const fs::path& path, std::span<const std::byte> bytes, Overwrite overwrite) {
  AtomicFile file(path, overwrite);
  file.write(bytes);
  file.commit();
}

void remove_leftovers(const fs::path& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const pid_t maker = maker_of(entry.path().filename().string());
    if (maker > 0 && ::kill(maker, 0) != 0 && errno == ESRCH) fs::remove(entry.path(), error);
  }
}

}  // namespace striate
