// striate merge: one step of learning from the statistics of shards.
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command merge_command();

}  // namespace striate::cli
