#include <clocale>
#include <iostream>
#include <string>
#include <vector>

#include "cli/cli.h"
#include "cli/signals.h"

int main(int count, char** words) {
  std::setlocale(LC_CTYPE, "");  // only to know whether the terminal takes UTF-8
  striate::cli::SignalWatch signals;
  const std::vector<std::string> arguments(words + (count > 0 ? 1 : 0), words + count);
  const int code =
      striate::cli::run_cli(arguments, {.out = std::cout, .err = std::cerr}, signals.token());
  return code == striate::cli::kInterrupted && signals.received() != 0 ? 128 + signals.received()
                                                                       : code;
}
