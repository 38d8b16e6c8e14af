#include "striate/io/exif.h"

#include <cstdint>
#include <cstring>

namespace striate {

int exif_orientation(std::span<const std::byte> block) {
  constexpr std::size_t upright = 1;
  if (block.size() >= 6 && std::memcmp(block.data(), "Exif\0\0", 6) == 0) block = block.subspan(6);
  // A TIFF header: byte order, 42, the place of the first directory.
  if (block.size() < 8) return upright;
  const bool big = block[0] == std::byte{'M'};
  const auto number = [&](std::size_t at, std::size_t width) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < width; ++i)
      value = value << 8 | std::to_integer<std::uint32_t>(block[at + (big ? i : width - 1 - i)]);
    return value;
  };
  if (block[0] != block[1] || (!big && block[0] != std::byte{'I'}) || number(2, 2) != 42)
    return upright;
  const std::size_t directory = number(4, 4);
  if (directory > block.size() - 2) return upright;
  const std::size_t entries = number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t at = directory + 2 + 12 * i;
    if (at > block.size() - 8 || block.size() - at < 12) return upright;
    constexpr std::uint32_t orientation_tag = 0x0112, short_type = 3;
    if (number(at, 2) != orientation_tag || number(at + 2, 2) != short_type) continue;
    const std::uint32_t value = number(at + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return upright;
}

}  // namespace striate
