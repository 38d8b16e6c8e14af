// striate denoise: images without their noise.
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command denoise_command();

}  // namespace striate::cli
