// striate demo convolutional
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command demo_convolutional_command();

}  // namespace striate::cli
