// striate memory create, store, recall, inspect.
#pragma once

#include "cli/command.h"

namespace striate::cli {

// The options of MemorySettings, the rules by name.
std::vector<Field> memory_fields();

Command memory_create_command();
Command memory_store_command();
Command memory_recall_command();
Command memory_forget_command();
Command memory_inspect_command();

}  // namespace striate::cli
