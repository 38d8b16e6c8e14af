// A memory on disk: a folder of segments with a manifest while it grows, one file when packed.
// `striate memory create|store|forget|recall|inspect`.
//
// Segment 0 holds the settings, every later one a change: the codes of one call of store, as they
// were given, or the ids of one call of forget, or, first after compacting, all of a memory. A kill at any moment leaves the memory before the
// call or after it. Storing without ids costs the new patterns and a look at the last change; with
// ids, and forgetting, the memory is read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "striate/io/atomic_file.h"
#include "striate/memory/associative_memory.h"

namespace striate {

// Makes an empty memory in a new folder. Error: an unknown rule or settings out of range.
// IoError: something is there already and may not be replaced, or is no memory of ours.
void create_memory(const std::filesystem::path& folder, const MemorySettings& settings,
                   Overwrite overwrite = Overwrite::no);

// Appends codes, with targets if the rule has them; all of them are stored, or none. Returns their
// ids. Error: as AssociativeMemory::store. IoError: a packed file, which does not grow.
template <class T>
std::vector<std::int64_t> store_in_memory(const std::filesystem::path& folder,
                                          const SparseCodes<T>& codes,
                                          std::span<const std::int64_t> ids = {},
                                          Signals<T> targets = {});
// Error: as AssociativeMemory::forget. IoError: a packed file.
void forget_in_memory(const std::filesystem::path& folder, std::span<const std::int64_t> ids);

// Writes the folder anew without what was forgotten, which then takes no room; ids stay. Readers that
// opened it before must open it again. IoError: a packed file, or a file system that cannot exchange
// two folders.
void compact_memory(const std::filesystem::path& folder);

// Opens a folder or a packed file: rule, settings and size at once, the patterns when they are first
// needed, which is when their check sums are compared. IoError: neither, or damaged.
template <class T>
AssociativeMemory<T> open_memory(const std::filesystem::path& path);
// The precision of its codes, f32 or f64; f32 if there are none.
DType memory_precision(const std::filesystem::path& path);

// Compares all check sums; returns how many bytes they stand for. IoError: damaged.
std::int64_t verify_memory(const std::filesystem::path& path);

// Writes the memory as one file (.h5).
void pack_memory(const std::filesystem::path& folder, const std::filesystem::path& output,
                 Overwrite overwrite = Overwrite::no);

}  // namespace striate
