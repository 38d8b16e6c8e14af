// HDF5: the whole archive, groups as folders. Readable with h5py, MATLAB, h5dump:
// booleans and complex numbers as h5py stores them ({FALSE, TRUE}; {r, i}), text as UTF-8 of
// variable length, attributes of several numbers as 64-bit integers if all are whole, else doubles.
// Data sets are contiguous, so that they can be mapped, and carry their CRC-32 in the attribute
// "crc32", compared on loading. The root carries striate_format "MAJOR.MINOR" and striate_version;
// a file of a newer major format is refused. Those three attributes belong to the file and are not
// seen in the archive. Files of others load too, as far as they hold numbers; integers and floats
// that the archive does not have widen to the next that holds them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "striate/core/archive.h"
#include "striate/io/array_file.h"
#include "striate/io/atomic_file.h"
#include "striate/io/input.h"
#include "striate/io/streamed.h"

namespace striate {

inline constexpr int file_format_major = 1;
inline constexpr int file_format_minor = 0;

// Our files end in a seal, a CRC-32 of the whole behind HDF5's own bytes, compared before anything
// is read.
inline constexpr std::size_t hdf5_seal_bytes = 16;

Archive load_hdf5(const std::filesystem::path& path);
Archive read_hdf5(const Input& input);
// The same where a data set that holds no numbers leaves its attributes only, and is not refused.
Archive read_numbers_of_hdf5(const Input& input);
void save_hdf5(const std::filesystem::path& path, const Archive& archive, Overwrite overwrite);
void save_hdf5(const std::filesystem::path& path, const StreamedArchive& archive,
               Overwrite overwrite);

// Compares the seal, without which a file is refused, as it cannot be verified.
void verify_hdf5(const std::filesystem::path& path);

// Its rows as they are needed. The seal is compared once, the check sums of data sets are not.
std::unique_ptr<const ArrayFile> open_hdf5(const std::filesystem::path& path,
                                           const ChooseArray& choose);
// Attributes and shapes without the elements. A file without a seal is read as it is.
struct Hdf5Outline {
  std::map<std::string, std::vector<std::int64_t>> shapes;
  std::map<std::string, Values> attributes;
};
Hdf5Outline outline_hdf5(const std::filesystem::path& path);

// Where a data set's elements lie in the file, for mapping or reading a part.
struct StoredArray {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0;  // bytes from the start of the file; elements follow in C order
};
// IoError: no such data set, or it is chunked, compressed or in another byte order.
StoredArray locate_hdf5(const std::filesystem::path& path, const std::string& array_path);

}  // namespace striate
