// striate decode: from codes back to images or signals.
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command decode_command();

}  // namespace striate::cli
