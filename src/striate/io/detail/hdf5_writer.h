// How our HDF5 files are written: the tree first, then the elements at their places, as they are
// made, and a seal behind all of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "striate/io/hash.h"
#include "striate/io/streamed.h"

namespace striate::detail {

void write_hdf5(const std::filesystem::path& path, const StreamedArchive& archive,
                Overwrite overwrite);

// Behind the end of HDF5's own bytes, where its readers do not look, our files end in a seal: eight
// letters, the CRC-32 of all before them, four zeros. It is compared before the library sees
// anything, since it trusts the heaps of texts, which carry no sums of their own, more than it
// should. Files of others, and ours once others have changed them, have none.
inline constexpr std::string_view hdf5_seal_mark = "StriSeal";

struct Hdf5Seal {
  char mark[8];
  std::uint32_t crc;
  std::uint32_t zero;
};

template <class Read>
std::uint32_t crc_of_first(std::uint64_t size, Read read) {
  std::vector<std::byte> block(std::size_t{1} << 20);
  std::uint32_t crc = 0;
  for (std::uint64_t at = 0; at < size; at += block.size()) {
    const auto part = std::span(block).first(std::min<std::uint64_t>(block.size(), size - at));
    read(at, part);
    crc = crc32(part, crc);
  }
  return crc;
}

}  // namespace striate::detail
