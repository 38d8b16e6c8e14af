// striate learn: a model from images or signals.
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command learn_command();

}  // namespace striate::cli
