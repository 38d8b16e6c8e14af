// MATLAB's .mat files, read only. Arrays keep the indices that they have in MATLAB: A(i, j) is
// element {i - 1, j - 1}. Fields of a structure lie at "structure/field", a row of text is an
// attribute. Booleans, integers, floats and complex numbers (these not of version 7.3) are read;
// cells, sparse matrices, arrays of structures and objects are left out. To hand results to MATLAB,
// write .h5, which it reads.
#pragma once

#include <filesystem>

#include "striate/core/archive.h"
#include "striate/io/input.h"

namespace striate {

// Versions 4, 5 (up to 7.2, with its compression) and 7.3 (HDF5). IoError: damaged, or nothing in
// it that can be read, with the names and kinds of what is there.
Archive load_mat(const std::filesystem::path& path);
Archive read_mat(const Input& input);

}  // namespace striate
