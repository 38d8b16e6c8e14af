// Signals that stay in their files: the rows of 2-D arrays, one file behind the other. Values are
// checked when they are read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "striate/core/source.h"
#include "striate/io/array_file.h"

namespace striate {

template <class T>
class SignalFiles : public SignalSource<T> {
 public:
  // Error: no file, an array that is not 2-D, complex numbers, signals of different lengths.
  explicit SignalFiles(std::vector<std::unique_ptr<const ArrayFile>> files);

  std::int64_t size() const override { return starts_.back(); }
  std::int64_t dimension() const override { return dimension_; }
  // IoError that names file and signal: NaN, infinity or a number that T does not hold; a file that
  // was changed or cut off.
  void read(std::int64_t first, MatrixView<T> out) const override { read(first, out, false); }
  // The same; `any`: NaN and infinity too, where they will not be looked at.
  void read(std::int64_t first, MatrixView<T> out, bool any) const;

  // Signal i is this row of this file.
  struct Place {
    std::string file;
    std::int64_t row = 0;
  };
  Place place(std::int64_t i) const;

 private:
  std::size_t file_of(std::int64_t i) const;
  std::vector<std::unique_ptr<const ArrayFile>> files_;
  std::vector<std::int64_t> starts_ = {0};  // signals in the files before; one more at the end
  std::int64_t dimension_ = 0;
};

}  // namespace striate
