// The program without its process: what main() calls, and the tests.
#pragma once

#include <span>
#include <stop_token>
#include <string>

#include "cli/invocation.h"

namespace striate::cli {

// Runs one command line (without the program's name) and returns its exit code. Errors are printed
// on streams.err; nothing is thrown. A stop asked for through `stop` ends with 130.
int run_cli(std::span<const std::string> words, Streams streams, std::stop_token stop = {});

}  // namespace striate::cli
