// striate memory capacity: what a memory's report says, or how rules bear rising loads.
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command memory_capacity_command();

}  // namespace striate::cli
