#include "striate/io/formats.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "striate/io/hdf5.h"
#include "striate/io/input.h"
#include "striate/io/mat.h"
#include "striate/io/npy.h"
#include "striate/io/npz.h"
#include "striate/io/still.h"

namespace striate {
namespace {

template <Array (*decode)(ByteView, const std::string&)>
Archive load_still(const std::filesystem::path& path) {
  const Input input(path);
  Archive archive;
  archive.arrays["data"] = decode(input.all(), input.name());
  return archive;
}

template <Bytes (*encode)(const Array&)>
void save_still(const std::filesystem::path& path, const Archive& archive, Overwrite overwrite) {
  if (archive.arrays.size() != 1)
    throw Error("save: ", path.string(), " holds one image, ", archive.arrays.size(),
                " arrays are given");
  AtomicFile file(path, overwrite);
  file.write(encode(archive.arrays.begin()->second));
  file.commit();
}

constexpr std::array<std::string_view, 1> npy_suffixes = {".npy"}, npz_suffixes = {".npz"},
                                          mat_suffixes = {".mat"}, png_suffixes = {".png"},
                                          webp_suffixes = {".webp"};
constexpr std::array<std::string_view, 2> hdf5_suffixes = {".h5", ".hdf5"},
                                          jpeg_suffixes = {".jpg", ".jpeg"},
                                          tiff_suffixes = {".tif", ".tiff"};

// One line per format, and nothing else to do.
const std::array table = {
    Format{.name = "npy",
           .suffixes = npy_suffixes,
           .holds = "one array",
           .load = load_npy,
           .save = save_npy,
           .open = open_npy},
    Format{.name = "npz",
           .suffixes = npz_suffixes,
           .holds = "arrays with attributes; sparse codes as SciPy's CSR matrix",
           .load = load_npz,
           .save = save_npz,
           .save_streamed = save_npz},
    Format{.name = "hdf5",
           .suffixes = hdf5_suffixes,
           .holds = "arrays with attributes, in groups, with check sums",
           .load = load_hdf5,
           .save = save_hdf5,
           .save_streamed = save_hdf5,
           .open = open_hdf5},
    Format{.name = "mat",
           .suffixes = mat_suffixes,
           .holds = "MATLAB's arrays and structures; only read",
           .load = load_mat},
    Format{.name = "png",
           .suffixes = png_suffixes,
           .image = true,
           .holds = "one image of 8 or 16 bits",
           .load = load_still<decode_png>,
           .save = save_still<encode_png>},
    Format{.name = "jpeg",
           .suffixes = jpeg_suffixes,
           .image = true,
           .holds = "one image of 8 bits, with losses",
           .load = load_still<decode_jpeg>,
           .save = save_still<encode_jpeg>},
    Format{.name = "tiff",
           .suffixes = tiff_suffixes,
           .image = true,
           .holds = "one image of 8 or 16 bits or floats",
           .load = load_still<decode_tiff>,
           .save = save_still<encode_tiff>},
    Format{.name = "webp",
           .suffixes = webp_suffixes,
           .image = true,
           .holds = "one image of 8 bits in colour",
           .load = load_still<decode_webp>,
           .save = save_still<encode_webp>},
};

template <class Wanted>
std::vector<std::string> suffixes_of(Wanted wanted) {
  std::vector<std::string> list;
  for (const Format& format : table)
    if (wanted(format)) list.insert(list.end(), format.suffixes.begin(), format.suffixes.end());
  return list;
}

}  // namespace

std::span<const Format> formats() { return table; }

const Format* find_format(const std::filesystem::path& path) {
  std::string suffix = path.extension().string();
  for (char& c : suffix) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const Format& format : table)
    if (std::find(format.suffixes.begin(), format.suffixes.end(), suffix) != format.suffixes.end())
      return &format;
  return nullptr;
}

const Format& format_of(const std::filesystem::path& path) {
  if (const Format* format = find_format(path)) return *format;
  throw Error("format: '", path.string(), "' has no suffix that is known; known are ",
              list_of(suffixes_of([](const Format&) { return true; })));
}

std::vector<std::string> readable_suffixes(bool images_only) {
  return suffixes_of([=](const Format& f) { return f.load && (f.image || !images_only); });
}

std::vector<std::string> writable_suffixes(bool images_only) {
  return suffixes_of([=](const Format& f) { return f.save && (f.image || !images_only); });
}

Archive load(const std::filesystem::path& path) {
  const Format& format = format_of(path);
  if (!format.load)
    throw Error("load: ", path.string(), ": ", format.name, " can only be written; readable are ",
                list_of(readable_suffixes()));
  return format.load(path);
}

void save(const std::filesystem::path& path, const Archive& archive, Overwrite overwrite) {
  const Format& format = format_of(path);
  if (!format.save)
    throw Error("save: ", path.string(), ": ", format.name, " can only be read; writable are ",
                list_of(writable_suffixes()));
  format.save(path, archive, overwrite);
}

}  // namespace striate
