// striate inpaint: images with what was missing.
#pragma once

#include "cli/command.h"

namespace striate::cli {

Command inpaint_command();

}  // namespace striate::cli
