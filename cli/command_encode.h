// striate encode: codes of signals or images under a dictionary.
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command encode_command();

}  // namespace striate::cli
