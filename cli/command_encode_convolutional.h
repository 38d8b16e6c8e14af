// striate encode --convolutional
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command encode_convolutional_command();

}  // namespace striate::cli
