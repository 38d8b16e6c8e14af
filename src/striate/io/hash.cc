#include "striate/io/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zlib.h>

#include <algorithm>
#include <array>

#include "striate/io/input.h"

namespace striate {

std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t before) {
  if (bytes.empty()) return before;  // zlib takes a null pointer for "begin anew"
  return static_cast<std::uint32_t>(
      ::crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

struct ContentHash::State {
  XXH64_state_t xxh;
};

ContentHash::ContentHash() : state_(std::make_unique<State>()) { XXH64_reset(&state_->xxh, 0); }
ContentHash::ContentHash(ContentHash&&) noexcept = default;
ContentHash::~ContentHash() = default;

void ContentHash::add(std::span<const std::byte> bytes) {
  if (!bytes.empty()) XXH64_update(&state_->xxh, bytes.data(), bytes.size());
}

void ContentHash::add(std::string_view text) {
  const std::uint64_t length = text.size();
  add(std::as_bytes(std::span(&length, 1)));
  add(std::as_bytes(std::span(text)));
}

void ContentHash::add(const Array& array) {
  add(name_of(array.dtype()));
  add(std::as_bytes(std::span(array.shape())));
  add(array.bytes());
}

void ContentHash::add(const Archive& archive) {
  for (const auto& [path, array] : archive.arrays) {
    add(path);
    add(array);
  }
  for (const auto& [path, values] : archive.attributes) {
    for (const auto& [name, value] : values) {
      add(path);
      add(name);
      add(join(value.index(), ' ', to_text(value)));
    }
  }
}

std::uint64_t ContentHash::value() const { return XXH64_digest(&state_->xxh); }

std::string ContentHash::text() const {
  std::string out(16, '0');
  std::uint64_t rest = value();
  for (auto digit = out.rbegin(); digit != out.rend(); ++digit, rest >>= 4)
    *digit = "0123456789abcdef"[rest & 15];
  return out;
}

namespace {
// Calls f with all bytes of the input, a piece at a time.
template <class F>
void for_each_piece(const Input& input, F f) {
  std::vector<std::byte> block(std::min<std::uint64_t>(input.size(), 1 << 20));
  for (std::uint64_t at = 0; at < input.size(); at += block.size()) {
    const auto piece = std::span(block).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), input.size() - at)));
    input.read(at, piece);
    f(piece);
  }
}
}  // namespace

std::uint32_t crc32_of(const Input& input) {
  std::uint32_t crc = 0;
  for_each_piece(input, [&](std::span<const std::byte> piece) { crc = crc32(piece, crc); });
  return crc;
}

std::string hash_of_file(const std::filesystem::path& path) {
  ContentHash hash;
  for_each_piece(Input(path), [&](std::span<const std::byte> piece) { hash.add(piece); });
  return hash.text();
}

}  // namespace striate
