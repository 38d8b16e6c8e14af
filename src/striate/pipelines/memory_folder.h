// A memory on disk: a folder of segments with a manifest while it grows, one file when packed.
// `striate memory create|store|recall|inspect`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "striate/memory/associative_memory.h"

namespace striate {

// Makes an empty memory. Error: something exists at `path` already, unless `overwrite`.
void create_memory(const std::string& path, const MemorySettings& settings, bool overwrite = false);

// Appends codes as one segment; all of them are stored, or none. Returns their ids. Error: a packed
// file, codes of another number of units, an id in use.
template <class T>
std::vector<std::int64_t> store_in_memory(const std::string& path, const SparseCodes<T>& codes,
                                          const std::vector<std::int64_t>& ids = {});

// Opens a folder or a packed file.
template <class T>
AssociativeMemory<T> open_memory(const std::string& path);

// Writes a folder's memory as one file.
void pack_memory(const std::string& path, const std::string& output, bool overwrite = false);

}  // namespace striate
