// Images from files, folders and globs, and back. Stills are scaled, arrays are taken as they are.
#pragma once

#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "striate/core/image.h"
#include "striate/core/settings.h"
#include "striate/io/atomic_file.h"

namespace striate {

enum class PixelScale { unit, raw };
template <>
struct EnumNames<PixelScale> {
  static constexpr std::array<std::string_view, 2> names{"unit", "raw"};
};

struct ReadImageSettings {
  PixelScale pixel_scale = PixelScale::unit;
  bool grey = false;
  bool finite = true;  // false: NaN and infinity pass, for who knows which pixels count; no option
  static void describe(auto& s, auto&& visit) {
    visit(s.pixel_scale,
          {.name = "pixel_scale",
           .sentence = "Scale of 8- and 16-bit images: unit divides by 255 or 65535, raw keeps "
                       "the numbers; arrays are always taken as they are."});
    visit(s.grey, {.name = "grey", .sentence = "Colour becomes .299 R + .587 G + .114 B."});
  }
};

// Files, folders (their stills, not those of subfolders, hidden files skipped) and globs, as a
// list of files: in the order given, each folder's and glob's own sorted by name, byte by byte.
// Error: nothing given, a folder without images, a glob without a match, a name that does not
// exist, a suffix that cannot be read.
std::vector<std::filesystem::path> find_images(std::span<const std::string> names);

// One image. Error: the file holds several. IoError: unreadable, or a value is NaN or infinite, unless those pass.
template <class T>
Image<T> read_image(const std::filesystem::path& path, const ReadImageSettings& settings = {});

// All images of all files, in their order. Arrays (npy, npz, h5; the array "data" or the only one)
// of shape (H, W), (H, W, 1), (H, W, 3), (n, H, W) or (n, H, W, C): a 3-d array whose last size is
// 1 or 3 is one image.
template <class T>
std::vector<Image<T>> read_images(std::span<const std::filesystem::path> paths,
                                  const ReadImageSettings& settings = {});

// Image as a file: stills are multiplied by 255 (unit; raw: not), rounded and clipped, at 8 bits,
// or at 16 with `sixteen_bits` (png, tiff; factor 65535); arrays keep the floats.
struct WriteImageSettings {
  PixelScale pixel_scale = PixelScale::unit;
  bool sixteen_bits = false;
  static void describe(auto& s, auto&& visit) {
    visit(s.pixel_scale, {.name = "pixel_scale",
                          .sentence = "unit: 0 is black, 1 is white; raw: 255 (65535) is white."});
    visit(s.sixteen_bits, {.name = "sixteen_bits", .sentence = "16 bits per channel; png, tiff."});
  }
};
template <class T>
void write_image(const std::filesystem::path& path, ImageView<const T> image,
                 Overwrite overwrite = Overwrite::no, const WriteImageSettings& settings = {});

// .299 R + .587 G + .114 B; one channel stays. Error: another number of channels.
template <class T>
Image<T> to_grey(ImageView<const T> image);

}  // namespace striate
