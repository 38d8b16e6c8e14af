#include "striate/pipelines/shard.h"

#include <charconv>

#include "striate/core/errors.h"

namespace striate {

// part * items / parts without the product, which may not fit.
std::int64_t Shard::first(std::int64_t items) const {
  const std::int64_t whole = items / parts, rest = items % parts;
  return (part - 1) * whole + (part - 1) * rest / parts;
}

std::int64_t Shard::count(std::int64_t items) const {
  const std::int64_t end = part == parts ? items : Shard{part + 1, parts}.first(items);
  return end - first(items);
}

Shard shard_of(const std::string& who, const std::string& text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto part = std::from_chars(text.data(), end, shard.part);
  const bool slash = part.ec == std::errc() && part.ptr != end && *part.ptr == '/';
  if (slash)
    if (const auto parts = std::from_chars(part.ptr + 1, end, shard.parts);
        parts.ec == std::errc() && parts.ptr == end && shard.parts >= 1 &&
        shard.parts <= 1'000'000 && shard.part >= 1 && shard.part <= shard.parts)
      return shard;
  throw Error(who, ": shard is '", text,
              "'; it must be i/n, the i-th of n parts, i from 1 to n and n at most 1000000");
}

}  // namespace striate
