// NumPy's .npy: one array, at "data" of the archive. Versions 1 to 3, C and Fortran order, either
// byte order. Small types widen to the next that holds them: int8, int16 to int32, uint32 to int64,
// float16 to float32. Refused by name: object arrays (pickle), text, records, long double.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "striate/core/archive.h"
#include "striate/io/array_file.h"
#include "striate/io/atomic_file.h"
#include "striate/io/input.h"

namespace striate {

Archive load_npy(const std::filesystem::path& path);
// The archive's only array. Error: none or several. Attributes have no place in this format.
void save_npy(const std::filesystem::path& path, const Archive& archive, Overwrite overwrite);

Array read_npy(const Input& input);
// Its rows as they are needed; `choose` is asked for one of "data".
std::unique_ptr<const ArrayFile> open_npy(const std::filesystem::path& path,
                                          const ChooseArray& choose);

namespace detail {

// The next bytes of something that is read from front to end.
using Pull = std::function<void(std::span<std::byte>)>;

// What the header says, checked against the `size` bytes that there are in all.
struct NpyHeader {
  char kind = 'f';  // 'b' 'i' 'u' 'f' 'c' 'S' 'U'
  bool big_endian = false;
  int item_bytes = 0;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
  std::int64_t count = 0;         // elements
  std::uint64_t data_offset = 0;  // where they begin
};
NpyHeader read_npy_header(const std::string& name, std::uint64_t size, const Pull& pull);
// A whole .npy of `size` bytes from front to end. IoError that begins with `name`.
Array read_npy(const std::string& name, std::uint64_t size, const Pull& pull);
// A 0-d or 1-element array of text ('S' or 'U'), as the "format" of SciPy's files is.
std::string read_npy_text(const std::string& name, std::uint64_t size, const Pull& pull);
// The header, padded to 64 bytes, for elements in C order.
std::string npy_header(std::string_view descr, const std::vector<std::int64_t>& shape);
std::string npy_header(DType dtype, const std::vector<std::int64_t>& shape);

}  // namespace detail
}  // namespace striate
