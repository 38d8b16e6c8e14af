#include "striate/io/detail/hdf5_driver.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <limits>
#include <span>

namespace striate::detail {
namespace {

struct Handle {
  H5FD_t base;  // the library's part; must come first
  Hdf5File* file;
  haddr_t allocated;
};

constexpr haddr_t largest = static_cast<haddr_t>(std::numeric_limits<std::int64_t>::max());

Handle& handle(H5FD_t* file) { return *reinterpret_cast<Handle*>(file); }
const Handle& handle(const H5FD_t* file) { return *reinterpret_cast<const Handle*>(file); }

// No exception may cross the library.
template <class F>
bool guarded(Hdf5File& file, F f) {
  try {
    f();
    return true;
  } catch (const std::exception& e) {
    if (file.failure.empty()) file.failure = e.what();
    return false;
  }
}

H5FD_t* open(const char*, unsigned, hid_t access, haddr_t) {
  const auto* file = static_cast<Hdf5File* const*>(H5Pget_driver_info(access));
  if (!file) return nullptr;
  auto* made = new (std::nothrow) Handle{};
  if (!made) return nullptr;
  made->file = *file;
  return &made->base;
}

herr_t close(H5FD_t* file) {
  delete &handle(file);
  return 0;
}

int compare(const H5FD_t* a, const H5FD_t* b) { return a < b ? -1 : a > b ? 1 : 0; }

herr_t query(const H5FD_t*, unsigned long* flags) {
  if (flags)
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
  return 0;
}

haddr_t get_eoa(const H5FD_t* file, H5FD_mem_t) { return handle(file).allocated; }

herr_t set_eoa(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  handle(file).allocated = address;
  return 0;
}

haddr_t get_eof(const H5FD_t* file, H5FD_mem_t) {
  const Hdf5File& f = *handle(file).file;
  return f.input ? f.input->size() : f.output->size();
}

// The records of HDF5 1.8 carry check sums, all but the heaps of texts, and the library follows a
// damaged heap for ever. Layout ("Global Heap" of the HDF5 specification): "GCOL", version, three
// bytes, size of all; objects of index, uses (16 bits each), four bytes, size, content padded to 8;
// index 0 is the rest, whose size counts its own 16 bytes.
void check_heap(const Input& input, haddr_t address) {
  const auto number = [&](std::uint64_t at, std::size_t width) {
    std::uint64_t value = 0;
    input.read(at, std::as_writable_bytes(std::span(&value, 1)).first(width));
    return value;
  };
  const auto check = [&](bool good) {
    if (!good) throw IoError("hdf5: ", input.name(), ": its heap of texts is damaged");
  };
  const std::uint64_t size = number(address + 8, 8);
  check(size >= 16 && size <= input.size() - address);
  std::uint64_t at = 16;
  while (size - at >= 16) {
    const std::uint64_t index = number(address + at, 2), content = number(address + at + 8, 8);
    check(content <= size - at);
    const std::uint64_t step = index ? 16 + (content + 7) / 8 * 8 : content;
    check(step >= 16 && step <= size - at);
    at += step;
  }
}

herr_t read(H5FD_t* file, H5FD_mem_t type, hid_t, haddr_t address, std::size_t size, void* buffer) {
  Hdf5File& f = *handle(file).file;
  const std::span<std::byte> out(static_cast<std::byte*>(buffer), size);
  const bool done = guarded(f, [&] {
    if (f.input) {
      f.input->read(address, out);
      // The library may call a heap raw data.
      if ((type == H5FD_MEM_GHEAP || type == H5FD_MEM_DRAW) && size >= 16 &&
          std::memcmp(buffer, "GCOL", 4) == 0)
        check_heap(*f.input, address);
      return;
    }
    // What is allocated and not written yet is zero.
    std::fill(out.begin(), out.end(), std::byte{0});
    if (address < f.output->size())
      f.output->read_at(address,
                        out.first(std::min<std::size_t>(size, f.output->size() - address)));
  });
  return done ? 0 : -1;
}

herr_t write(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size,
             const void* buffer) {
  Hdf5File& f = *handle(file).file;
  if (!f.output) return -1;
  if (f.failure.empty())
    guarded(f, [&] { f.output->write_at(address, {static_cast<const std::byte*>(buffer), size}); });
  return 0;
}

herr_t truncate(H5FD_t* file, hid_t, hbool_t) {
  const Handle& h = handle(file);
  if (h.file->output && h.file->failure.empty() && h.file->output->size() != h.allocated)
    guarded(*h.file, [&] { h.file->output->resize(h.allocated); });
  return 0;
}

H5FD_class_t describe_driver() {
  H5FD_class_t driver{};
#if H5_VERSION_GE(1, 14, 0)
  driver.version = H5FD_CLASS_VERSION;
  driver.value = static_cast<H5FD_class_value_t>(517);  // of the range for own drivers
#endif
  driver.name = "striate";
  driver.maxaddr = largest;
  driver.fc_degree = H5F_CLOSE_STRONG;
  driver.fapl_size = sizeof(Hdf5File*);
  driver.open = open;
  driver.close = close;
  driver.cmp = compare;
  driver.query = query;
  driver.get_eoa = get_eoa;
  driver.set_eoa = set_eoa;
  driver.get_eof = get_eof;
  driver.read = read;
  driver.write = write;
  driver.truncate = truncate;
  const H5FD_mem_t map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(map), std::end(map), std::begin(driver.fl_map));
  return driver;
}

}  // namespace

void use_driver(hid_t access, Hdf5File& file) {
  static const H5FD_class_t description = describe_driver();
  static const hid_t driver = H5FDregister(&description);
  Hdf5File* pointer = &file;
  if (driver < 0 || H5Pset_driver(access, driver, &pointer) < 0)
    throw IoError("hdf5: the library refuses our file driver");
}

}  // namespace striate::detail
