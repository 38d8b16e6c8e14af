// striate show: pictures of models, images, reconstructions and recalls.
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command show_command();

}  // namespace striate::cli
