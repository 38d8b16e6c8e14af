// striate convert: between file formats, and several files into one.
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command convert_command();

}  // namespace striate::cli
