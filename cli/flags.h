// From words and a TOML file to checked values. Unknown names are judged by what the chosen method
// has: "lasso has no --rho; admm has".
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/invocation.h"

namespace striate::cli {

// `words`: what follows the verb; `others`: other commands that an option that is not this one's may
// belong to. UsageError: an unknown or misplaced name (the nearest is
// suggested), a value out of range or of another type, too few or too many arguments. IoError: a
// config file that cannot be read.
Parsed parse(const Command& command, std::span<const std::string> words,
             std::span<const Command> others = {});

// Option names and values as a TOML text that --config reads.
std::string to_toml(const Values& values, std::span<const std::string> arguments = {});

}  // namespace striate::cli
