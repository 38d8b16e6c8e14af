#include "cli/progress.h"

#include <fmt/format.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <ostream>

#include "striate/core/timing.h"

namespace striate::cli {
namespace {

constexpr double kBarPeriod = 0.1;  // seconds between redraws
constexpr double kLinePeriod = 60;  // seconds between log lines

std::string rate_text(const Progress& progress) {
  if (progress.seconds <= 0 || progress.done <= 0) return {};
  const double rate = static_cast<double>(progress.done) / progress.seconds;
  if (rate >= 10) return fmt::format("{:.0f}/s", rate);
  if (rate >= 0.1) return fmt::format("{:.1f}/s", rate);
  return fmt::format("{:.1f}/min", rate * 60);
}

std::string left_text(const Progress& progress) {
  if (progress.done <= 0 || progress.total <= progress.done) return {};
  const double share = static_cast<double>(progress.done) / static_cast<double>(progress.total);
  return duration_text(progress.seconds * (1 - share) / share) + " left";
}

std::string values_text(const Progress& progress) {
  std::string text;
  for (const auto& [name, value] : progress.values)
    text += fmt::format("{}{} {:.4g}", text.empty() ? "" : ", ", name, value);
  return text;
}

}  // namespace

Terminal stderr_terminal() {
  Terminal terminal;
  if (!isatty(STDERR_FILENO)) return terminal;
  winsize size{};
  terminal.width =
      ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  terminal.utf8 = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  return terminal;
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  if (seconds < 0.95) return fmt::format("{:.2g} s", seconds);
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string bar_line(const Progress& progress, const Terminal& terminal) {
  // The last column stays free: some terminals wrap once it is written.
  const int width = std::max(terminal.width - 1, 0);
  std::string head(progress.stage.empty() ? "working" : progress.stage);
  std::vector<std::string> facts;
  if (progress.total > 0) {
    const double share = std::clamp(
        static_cast<double>(progress.done) / static_cast<double>(progress.total), 0.0, 1.0);
    facts.push_back(fmt::format("{:3.0f} %", std::floor(100 * share)));
  } else if (progress.done > 0) {
    facts.push_back(fmt::format("{}", progress.done));
  }
  for (std::string fact : {left_text(progress), rate_text(progress), values_text(progress)})
    if (!fact.empty()) facts.push_back(std::move(fact));

  // Facts go from the last on until the line fits beside a bar of at least ten columns.
  const int least_bar = progress.total > 0 ? 12 : 0;
  auto tail_of = [&] {
    std::string tail;
    for (const std::string& fact : facts) tail += "  " + fact;
    return tail;
  };
  while (facts.size() > 1 && static_cast<int>(head.size() + tail_of().size()) + least_bar > width)
    facts.pop_back();
  const std::string tail = tail_of();
  int bar = width - static_cast<int>(head.size() + tail.size()) - 2;
  if (progress.total <= 0 || bar < 10) {
    std::string line = head + tail;
    if (static_cast<int>(line.size()) > width) line.resize(static_cast<std::size_t>(width));
    return line;
  }
  bar = std::min(bar, 40);
  const double share = std::clamp(
      static_cast<double>(progress.done) / static_cast<double>(progress.total), 0.0, 1.0);
  const int filled = static_cast<int>(std::floor(share * bar));
  std::string line = head + "  ";
  for (int i = 0; i < bar; ++i)
    line += terminal.utf8 ? (i < filled ? "━" : "─") : (i < filled ? "#" : ".");
  return line + tail;
}

std::string log_line(const Progress& progress) {
  std::string line(progress.stage.empty() ? "working" : progress.stage);
  line += progress.total > 0 ? fmt::format(": {} of {}", progress.done, progress.total)
                             : fmt::format(": {}", progress.done);
  line += " after " + duration_text(progress.seconds);
  for (const std::string& fact : {rate_text(progress), left_text(progress), values_text(progress)})
    if (!fact.empty()) line += ", " + fact;
  return line;
}

ProgressDisplay::ProgressDisplay(std::ostream& err, ProgressMode mode,
                                 std::function<Terminal()> terminal, std::function<double()> clock)
    : err_(err), mode_(mode), terminal_(std::move(terminal)), clock_(std::move(clock)) {
  if (!clock_) clock_ = [watch = Stopwatch()] { return watch.seconds(); };
  next_line_ = clock_() + kLinePeriod;
}

void ProgressDisplay::show(const Progress& progress) {
  if (mode_ == ProgressMode::off) return;
  Terminal terminal = terminal_();
  const double now = clock_();
  if (mode_ == ProgressMode::log || (mode_ == ProgressMode::automatic && terminal.width == 0)) {
    if (now < next_line_) return;
    next_line_ = now + kLinePeriod;
    err_ << log_line(progress) << '\n' << std::flush;
    return;
  }
  if (now < next_bar_ && progress.stage == last_stage_) return;
  next_bar_ = now + kBarPeriod;
  last_stage_ = progress.stage;
  if (terminal.width == 0) terminal.width = 80;  // a bar was asked for
  std::string line = bar_line(progress, terminal);
  if (line == shown_) return;
  // One write: back to the start, the new line, and what is left of a longer old one erased.
  err_ << ("\r" + line + "\x1b[K") << std::flush;
  shown_ = std::move(line);
}

void ProgressDisplay::clear() {
  if (shown_.empty()) return;
  err_ << "\r\x1b[K" << std::flush;
  shown_.clear();
  next_bar_ = 0;
}

void ProgressDisplay::write_line(std::string_view line) {
  clear();
  err_ << line << '\n' << std::flush;
}

}  // namespace striate::cli
