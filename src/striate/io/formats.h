// The table of file formats. Every format turns a file into an Archive or an Archive into a file; a
// file with a single array or an image has it at "data".
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "striate/core/archive.h"
#include "striate/io/array_file.h"
#include "striate/io/atomic_file.h"
#include "striate/io/streamed.h"

namespace striate {

struct Format {
  std::string_view name;                       // "npy"
  std::span<const std::string_view> suffixes;  // ".npy", lower case, the usual one first
  bool image = false;                          // one still image per file
  std::string_view holds;                      // what it can hold, in words
  Archive (*load)(const std::filesystem::path&) = nullptr;  // null: cannot be read
  void (*save)(const std::filesystem::path&, const Archive&, Overwrite) = nullptr;  // or written
  // The same from a streamed archive, if the format can.
  void (*save_streamed)(const std::filesystem::path&, const StreamedArchive&, Overwrite) = nullptr;
  // Opens one array for reading by rows; null: the file is loaded for that.
  std::unique_ptr<const ArrayFile> (*open)(const std::filesystem::path&,
                                           const ChooseArray&) = nullptr;
};

std::span<const Format> formats();

// The format of a file by its suffix, upper or lower case. Error that names the known suffixes.
const Format& format_of(const std::filesystem::path& path);
// Null instead of the Error.
const Format* find_format(const std::filesystem::path& path);
// ".npy, .npz, ..." of the formats that can be read (written), for messages and help.
std::vector<std::string> readable_suffixes(bool images_only = false);
std::vector<std::string> writable_suffixes(bool images_only = false);

// IoError: missing, damaged, too new. Every message begins with the file's name.
Archive load(const std::filesystem::path& path);
// Written beside its place and renamed. IoError: it exists and may not be replaced, disk full.
void save(const std::filesystem::path& path, const Archive& archive,
          Overwrite overwrite = Overwrite::no);

}  // namespace striate
