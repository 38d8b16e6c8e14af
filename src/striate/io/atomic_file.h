// Output that is whole or absent: bytes go to a temporary name in the same folder, commit() forces
// them to the disk and renames. A full disk, a failure or a kill leaves the old file as it was.
//
//   AtomicFile file(path, Overwrite::no);
//   file.write(bytes);
//   file.commit();          // without it the temporary file is removed
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "striate/core/errors.h"

namespace striate {

enum class Overwrite { no, yes };

// IoError if `path` exists and may not be replaced, is no regular file, or its folder does not
// exist. Long jobs call it before they begin.
void check_output(const std::filesystem::path& path, Overwrite overwrite);

class AtomicFile {
 public:
  // Symbolic links are followed: what they point at is replaced, not the link.
  AtomicFile(const std::filesystem::path& path, Overwrite overwrite);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  // Appends. IoError with the name and the system's reason.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  // Writes over or behind what is there.
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  std::uint64_t size() const { return size_; }
  // Reads back what was written (formats that complete their own headers).
  void read_at(std::uint64_t offset, std::span<std::byte> out) const;
  // Cuts or extends (with zeros).
  void resize(std::uint64_t size);
  // fsync and rename. With Overwrite::no a file that appeared meanwhile is kept: IoError.
  void commit();

  const std::filesystem::path& path() const { return path_; }

 private:
  [[noreturn]] void fail(std::string_view what, int error) const;

  std::filesystem::path path_;       // as given, for messages
  std::filesystem::path target_;     // links resolved
  std::filesystem::path temporary_;  // empty once committed
  Overwrite overwrite_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

// The bytes as a file, at once.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes,
                Overwrite overwrite);

// Deletes what killed writers of our own left in `folder`: temporary names whose process is gone.
void remove_leftovers(const std::filesystem::path& folder);

}  // namespace striate
