// Notes on stderr: warnings unless --quiet, steps with --verbose. They step round the progress bar.
#pragma once

#include <memory>
#include <string_view>

namespace striate::cli {

class ProgressDisplay;

class Log {
 public:
  Log(ProgressDisplay& progress, bool quiet, bool verbose);
  ~Log();

  void step(std::string_view text);     // --verbose
  void note(std::string_view text);     // unless --quiet
  void warning(std::string_view text);  // unless --quiet; begins with "warning: "

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

}  // namespace striate::cli
