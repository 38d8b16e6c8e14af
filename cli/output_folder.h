// A folder as an output: what is written into a new one appears as a whole, or not at all.
#pragma once

#include <filesystem>
#include <string>

#include "striate/io/atomic_file.h"

namespace striate::cli {

class OutputFolder {
 public:
  // A new folder grows under a temporary name. One that exists is written into, if `force`.
  // UsageError: it exists and may not be changed, or it is a file.
  OutputFolder(const std::string& output, bool force);
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  ~OutputFolder();  // without commit() a new folder is removed

  const std::filesystem::path& path() const { return place_; }  // write here
  Overwrite overwrite() const { return fresh_ ? Overwrite::no : Overwrite::yes; }
  // Gives the folder its name.
  void commit();

 private:
  std::filesystem::path folder_, place_;
  bool fresh_ = true;
};

}  // namespace striate::cli
