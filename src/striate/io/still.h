// Still images: png, jpeg, tiff, webp. An image is an Array of uint8 or uint16 (tiff: float32
// too), shape (rows, columns) if grey, (rows, columns, 3) in colour. Palettes are expanded, fewer
// bits widened to 8, transparency dropped, the rotation that the camera noted applied.
//
// Safe against hostile files: sizes are checked before memory is taken (sides up to 2^20, decoded
// bytes up to 64 MiB or 1100 times the file, whichever is more); whatever the decoder complains of
// is an IoError with the file's name and the decoder's reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "striate/core/archive.h"
#include "striate/io/atomic_file.h"

namespace striate {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

// One stem per codec: png.h, jpeg.h, tiff.h, webp.h. `name` is for messages.
Array decode_png(ByteView file, const std::string& name);
Array decode_jpeg(ByteView file, const std::string& name);
Array decode_tiff(ByteView file, const std::string& name);
Array decode_webp(ByteView file, const std::string& name);

// Error: not (H, W), (H, W, 1) or (H, W, 3), empty, or a type that the format does not have.
Bytes encode_png(const Array& image);   // uint8, uint16
Bytes encode_jpeg(const Array& image);  // uint8, quality 95, no chroma subsampling
Bytes encode_tiff(const Array& image);  // uint8, uint16, float32; deflated
Bytes encode_webp(const Array& image);  // uint8, lossless; grey becomes colour

namespace detail {

struct StillShape {
  std::int64_t rows = 0, columns = 0, channels = 1;
};
// IoError if an image of this size cannot come from a file of `file_bytes`.
void check_decoded_size(const std::string& name, StillShape shape, std::size_t bytes_per_sample,
                        std::size_t file_bytes);
// (H, W) for one channel, else (H, W, C).
Array new_still(DType type, StillShape shape);
// The shape of an image to be written, its type among `types`. Error that begins with `who`.
StillShape check_still(std::string_view who, const Array& image, std::span<const DType> types,
                       std::int64_t longest_side);
// Applies Exif orientation 1..8; other numbers leave the image as it is.
Array orient(Array image, int orientation);

}  // namespace detail
}  // namespace striate
