// Files of codes, one behind the other, as one: the segments of a job, the shards of a whole. They
// are read and written piece by piece, so memory does not depend on how many signals there are
// (of .npz files one is loaded at a time).
//
//   save("all.h5", join_codes({"a.h5", "b.h5"}), Overwrite::no);
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "striate/core/archive.h"
#include "striate/io/streamed.h"

namespace striate {

// Attributes and shapes of a file, without its elements.
struct CodesOutline {
  std::map<std::string, std::vector<std::int64_t>> shapes;
  std::map<std::string, Values> attributes;
};
CodesOutline outline_of(const std::filesystem::path& path);

// Every array is joined along its first axis, starts ("codes/indptr", "path/starts") count on, and
// images get numbers behind those of the files before. Attributes that all files share are kept.
// Shards (attributes "first", "signals" and "whole" of "shard") are put in their order and share their images;
// a whole has no such attributes. Indices have 32 bits while at most `most_in_32_bits` entries are
// there. Error that names the file: it holds no codes, codes of other atoms or another model, other
// arrays or types; shards of another job, or with gaps between them.
StreamedArchive join_codes(std::vector<std::filesystem::path> parts,
                           std::int64_t most_in_32_bits = std::numeric_limits<std::int32_t>::max());

}  // namespace striate
