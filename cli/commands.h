// The table of verbs.
#pragma once

#include <vector>

#include "cli/command.h"

namespace striate::cli {

// In the order of the help.
const std::vector<Command>& commands();

}  // namespace striate::cli
