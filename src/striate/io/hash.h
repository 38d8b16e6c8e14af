// Check sums: CRC-32 against accidents (zip, HDF5 data sets, segments), and a 64-bit hash of
// content for provenance (XXH64; `xxhsum -H1` prints the same). Neither is cryptographic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "striate/core/archive.h"
#include "striate/io/input.h"

namespace striate {

// CRC-32 as zip and PNG have it; pass the previous value to go on.
std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t before = 0);

// Hashes bytes as they come.
class ContentHash {
 public:
  ContentHash();
  ContentHash(ContentHash&&) noexcept;
  ~ContentHash();
  void add(std::span<const std::byte> bytes);
  void add(std::string_view text);   // with its length, so that "ab","c" differs from "a","bc"
  void add(const Array& array);      // type, shape and elements
  void add(const Archive& archive);  // everything in it, in the order of names
  std::uint64_t value() const;
  std::string text() const;  // 16 hexadecimal digits

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The CRC-32 of a file's bytes, read in pieces.
std::uint32_t crc32_of(const Input& input);
// The hash of a file's bytes, as text. IoError: not readable.
std::string hash_of_file(const std::filesystem::path& path);

}  // namespace striate
