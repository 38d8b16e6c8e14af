// striate info: the program, this machine, and what is inside files.
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command info_command();

}  // namespace striate::cli
