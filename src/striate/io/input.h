// What is read: a file or a piece of memory, at any position. Every read is checked against the
// size, and memory is taken only for bytes that are there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "striate/core/errors.h"

namespace striate {

class Input {
 public:
  // IoError: no such file, not a regular file, not readable.
  explicit Input(const std::filesystem::path& path);
  // Memory that somebody else keeps; `name` is for messages.
  Input(std::span<const std::byte> bytes, std::string name);
  Input(Input&& other) noexcept;
  Input& operator=(Input&&) = delete;
  ~Input();

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }
  // Fills `out` from `offset`. IoError: fewer bytes are there, or the medium fails.
  void read(std::uint64_t offset, std::span<std::byte> out) const;
  // `count` bytes from `offset`; checked before they are taken.
  std::vector<std::byte> bytes(std::uint64_t offset, std::uint64_t count) const;
  // IoError: the file is not as it was when it was opened (its size, or when it was written to).
  void check_unchanged() const;
  std::vector<std::byte> all() const { return bytes(0, size_); }

 private:
  std::string name_;
  std::uint64_t size_ = 0;
  std::int64_t written_ = 0;  // nanoseconds
  int descriptor_ = -1;
  std::span<const std::byte> memory_;
};

}  // namespace striate
