// Models that ship with the library, so that coding works before anything was learned.
//
//   dead-leaves   128 pairs of 12 x 12 pixels, learned from the generated images of
//                 images/synthetic.h (src/striate/pipelines/pretrained/README.md: the command)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "striate/pipelines/model.h"

namespace striate {

std::vector<std::string> pretrained_names();

// Error: no such model; the nearest name is suggested.
template <class T>
Model<T> pretrained(std::string_view name);

}  // namespace striate
