// Progress of long work on stderr: a bar with rate and estimate on a terminal, else one line a
// minute. Other text may be written between; the bar steps aside for it.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "cli/common_options.h"
#include "striate/core/observer.h"

namespace striate::cli {

// What stderr is. width 0: not a terminal.
struct Terminal {
  int width = 0;
  bool utf8 = false;
};
// Of the process's stderr now: a terminal may change its width while work goes on.
Terminal stderr_terminal();

// "1 h 03 min", "2 min 05 s", "4.2 s"
std::string duration_text(double seconds);
// The bar's one line, cut to the terminal's width; no line end, no control characters.
std::string bar_line(const Progress& progress, const Terminal& terminal);
// The same facts as a sentence for a log.
std::string log_line(const Progress& progress);

class ProgressDisplay {
 public:
  // `terminal` and `clock` (seconds) may be replaced in tests.
  ProgressDisplay(std::ostream& err, ProgressMode mode,
                  std::function<Terminal()> terminal = stderr_terminal,
                  std::function<double()> clock = {});
  ~ProgressDisplay() { clear(); }
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void show(const Progress& progress);
  // Takes the bar off the screen; the next show() puts it back.
  void clear();
  // Writes a line, above the bar if there is one.
  void write_line(std::string_view line);

 private:
  std::ostream& err_;
  ProgressMode mode_;
  std::function<Terminal()> terminal_;
  std::function<double()> clock_;
  std::string shown_;    // the bar on the screen
  double next_bar_ = 0;  // seconds on the clock
  double next_line_ = 60;
  std::string last_stage_;
};

}  // namespace striate::cli
