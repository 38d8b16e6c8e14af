// An archive whose elements are made while they are written: what is larger than memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "striate/core/archive.h"
#include "striate/io/atomic_file.h"

namespace striate {

struct StreamedArray {
  using Sink = std::function<void(std::span<const std::byte>)>;

  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::function<void(const Sink&)> produce;  // hands over all elements in C order, in pieces

  std::uint64_t bytes() const;
  // Calls produce. Error that names `path`: other than bytes() were produced.
  void write(const std::string& path, const Sink& sink) const;
};

struct StreamedArchive {
  std::map<std::string, StreamedArray> arrays;
  std::map<std::string, Values> attributes;
};

// The archive's own elements, borrowed.
StreamedArchive streamed(const Archive& archive);

// The same file as that of the archive in memory; .h5 and .npz. Arrays are produced in the order of
// their names. Error: another format.
void save(const std::filesystem::path& path, const StreamedArchive& archive, Overwrite overwrite);

}  // namespace striate
