// How the HDF5 library reads and writes for us: through Input and AtomicFile. A failed write (a
// full disk) is remembered and then swallowed, since the library cannot close a file that it
// cannot write; the caller asks for `failure` after closing. One thread at a time.
#pragma once

#include <hdf5.h>

#include <string>

#include "striate/io/atomic_file.h"
#include "striate/io/input.h"

namespace striate::detail {

struct Hdf5File {
  const Input* input = nullptr;  // either of the two
  AtomicFile* output = nullptr;
  std::string failure;  // what() of the first exception
};

// Makes the file access property list use `file`, which must outlive the HDF5 file.
void use_driver(hid_t access, Hdf5File& file);

}  // namespace striate::detail
