// striate generate: images and problems to try things on.
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command generate_command();

}  // namespace striate::cli
