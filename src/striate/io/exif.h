// The one thing we want to know of Exif: how the camera was held.
#pragma once

#include <cstddef>
#include <span>

namespace striate {

// Orientation 1..8 from an Exif block, with or without its "Exif\0\0" in front. 1 (upright) if it
// says nothing or is damaged: a wrong note about rotation is no reason to refuse a photograph.
int exif_orientation(std::span<const std::byte> block);

}  // namespace striate
