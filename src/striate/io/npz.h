// NumPy's .npz: many arrays under their paths; attributes as a member "attributes.json". Sparse
// codes ("codes/data", "codes/indices", "codes/indptr" with the attribute encoding-type
// "csr_matrix") lie as scipy.sparse.save_npz lays them: data, indices, indptr, shape, format; files
// of SciPy are read the same way.
#pragma once

#include <filesystem>

#include "striate/core/archive.h"
#include "striate/io/atomic_file.h"
#include "striate/io/input.h"
#include "striate/io/streamed.h"
#include "striate/io/zip.h"

namespace striate {

Archive load_npz(const std::filesystem::path& path);
Archive read_npz(const Input& input);
void save_npz(const std::filesystem::path& path, const Archive& archive, Overwrite overwrite,
              Compression compression);
// Deflated.
void save_npz(const std::filesystem::path& path, const Archive& archive, Overwrite overwrite);
void save_npz(const std::filesystem::path& path, const StreamedArchive& archive,
              Overwrite overwrite);

}  // namespace striate
