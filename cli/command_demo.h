// striate demo: the whole chain, from images to recalled patches, and a report of it.
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command demo_command();

}  // namespace striate::cli
