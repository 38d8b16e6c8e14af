// striate learn --convolutional
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command learn_convolutional_command();

}  // namespace striate::cli
