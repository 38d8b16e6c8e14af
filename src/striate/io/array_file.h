// An array that stays in its file and is read by ranges of its first axis ("rows"). .npy in either
// order and HDF5 data sets in one piece are read at their place in the file; HDF5 data sets that
// are chunked or compressed by the HDF5 library, which keeps 64 MB of chunks; other formats are
// loaded as a whole. Files stay open. Nothing is mapped: a file that another program cuts off
// would kill the process that has it mapped.
//
//   const auto array = open_array("signals.npy");
//   const Array some = array->read(1000, 10);   // shape {10, ...}
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "striate/core/archive.h"

namespace striate {

class ArrayFile {
 public:
  virtual ~ArrayFile() = default;
  const std::string& name() const { return name_; }  // of the file
  DType dtype() const { return dtype_; }             // after widening, as load() gives it
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t rows() const { return shape_.empty() ? 0 : shape_.front(); }
  std::int64_t size() const;                        // elements
  std::int64_t row_size() const;                    // elements of one row
  virtual bool in_memory() const { return false; }  // loaded as a whole
  // Rows first ... first + count - 1. Safe from many threads. IoError: the file was changed or cut
  // off since it was opened. Error: no such rows.
  Array read(std::int64_t first, std::int64_t count) const;

 protected:
  ArrayFile(std::string name, DType dtype, std::vector<std::int64_t> shape)
      : name_(std::move(name)), dtype_(dtype), shape_(std::move(shape)) {}
  // Fills `out`, whose shape is that of `count` rows; what is asked for is there.
  virtual void fill(std::int64_t first, Array& out) const = 0;

 private:
  std::string name_;
  DType dtype_;
  std::vector<std::int64_t> shape_;
};

// Which of a file's arrays is wanted, by name. Error: none of them.
using ChooseArray = std::function<std::string(const std::vector<std::string>&)>;

// The file's only array, or the one at "data". Error: none or several. IoError: as load() has them.
std::unique_ptr<const ArrayFile> open_array(const std::filesystem::path& path);
// The array at this path of the archive. Error that names the arrays there are.
std::unique_ptr<const ArrayFile> open_array(const std::filesystem::path& path,
                                            const std::string& array_path);

}  // namespace striate
