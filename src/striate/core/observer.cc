#include "striate/core/observer.h"

#include "striate/core/errors.h"
#include "striate/core/parallel.h"

namespace striate {
namespace {
constexpr double kSecondsBetweenReports = 0.05;
}

RunState::RunState(const Run& run, std::string_view stage, std::int64_t total)
    : run_(run),
      stage_(stage),
      total_(total),
      threads_(run.threads > 0 ? run.threads : thread_count()) {
  if (run.threads < 0) throw Error("Run: threads is ", run.threads, "; it must be at least 0");
}

bool RunState::stopping() const {
  if (reason() != StopReason::none) return true;
  StopReason found = StopReason::none;
  if (run_.stop.stop_requested()) found = StopReason::stopped;
  else if (seconds() >= run_.max_seconds) found = StopReason::time_limit;
  if (found == StopReason::none) return false;
  StopReason none = StopReason::none;
  reason_.compare_exchange_strong(none, found);  // the first reason stays
  return true;
}

StopReason RunState::reason() const { return reason_.load(std::memory_order_relaxed); }

void RunState::report(std::span<const std::pair<std::string_view, double>> values, bool now) {
  if (!run_.observer) return;
  const double time = seconds();
  if (!now && time - last_report_ < kSecondsBetweenReports) return;
  last_report_ = time;
  const bool go_on = run_.observer(
      {.stage = stage_, .done = done(), .total = total_, .seconds = time, .values = values});
  StopReason none = StopReason::none;
  if (!go_on) reason_.compare_exchange_strong(none, StopReason::stopped);
}

}  // namespace striate
