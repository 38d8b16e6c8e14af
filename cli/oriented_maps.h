// Maps of convolutional codes as light: every entry shines at the middle of its atom, as bright as it
// is large, in the colour of its filter's orientation; lights of one pixel add up. Filters without
// an orientation shine white.
#pragma once

#include <array>
#include <span>
#include <string>

#include "cli/figures.h"
#include "striate/codes/convolutional_codes.h"
#include "striate/statistics/filter_orientation.h"

namespace striate::cli {

// The colour of an orientation as linear red, green, blue: round the hues once in half a turn, all
// equally light.
std::array<float, 3> colour_of(FilterOrientation orientation);

// Light per pixel of the image (rows, columns, 3), linear. Error: another number of orientations than
// filters.
template <class T>
Image<float> oriented_light(const ConvolutionalCodes<T>& codes,
                            std::span<const FilterOrientation> orientations);

// The picture on black, each pixel as zoom x zoom with a soft edge, faint lights raised as the eye
// does in the dark; beneath it what the colours mean: bars that lie as
// the edges do which a filter of that colour answers to. zoom 0: about 900 pixels wide.
std::string oriented_picture(const Image<float>& light, PictureFormat format = PictureFormat::png,
                             int zoom = 0);

}  // namespace striate::cli
