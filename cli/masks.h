// Files that say which pixels are seen.
#pragma once

#include <cstdint>
#include <filesystem>

#include "striate/core/image.h"

namespace striate::cli {

// 1 where a pixel is seen: where a black and white image is white, or an array of true and false is
// true. Error: more than two values, or real numbers.
Image<std::uint8_t> read_mask(const std::filesystem::path& path);

}  // namespace striate::cli
