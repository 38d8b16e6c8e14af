// Watching long work and stopping it. Whoever starts a job may hand it a Run: an observer that is
// told of progress on the caller's own thread (at most every 50 ms) and may ask for a stop, a stop
// token, a time limit and a number of threads. Work that is stopped returns the best so far, with a
// status that says so.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>

#include "striate/core/timing.h"

namespace striate {

// What an observer is told. `values` are named figures of the moment (objective, density, ...).
struct Progress {
  std::string_view stage;
  std::int64_t done = 0;
  std::int64_t total = 0;
  double seconds = 0;
  std::span<const std::pair<std::string_view, double>> values = {};
};

// Returns false to ask for a stop.
using Observer = std::function<bool(const Progress&)>;

// How a job is to be run; all of it is optional.
struct Run {
  Observer observer = {};
  std::stop_token stop = {};
  double max_seconds = std::numeric_limits<double>::infinity();
  int threads = 0;  // 0: thread_count() of core/parallel.h
};

enum class StopReason { none, stopped, time_limit };

// The state of one running job: workers poll stopping(), the caller's thread calls report().
class RunState {
 public:
  // `run` and `stage` must outlive the state. Error: a negative number of threads.
  explicit RunState(const Run& run, std::string_view stage = {}, std::int64_t total = 0);

  // True once a stop was asked for or the time is over. Safe on any thread, cheap.
  bool stopping() const;
  StopReason reason() const;
  // Counts finished work; any thread.
  void advance(std::int64_t items) { done_.fetch_add(items, std::memory_order_relaxed); }
  // Tells the observer if 50 ms have passed since the last time, or if `now`. Caller's thread only.
  void report(std::span<const std::pair<std::string_view, double>> values = {}, bool now = false);

  int threads() const { return threads_; }  // at least 1; fixed when the job began
  double seconds() const { return watch_.seconds(); }
  std::int64_t done() const { return done_.load(std::memory_order_relaxed); }

 private:
  const Run& run_;
  std::string_view stage_;
  std::int64_t total_;
  int threads_;
  Stopwatch watch_;
  double last_report_ = 0;
  std::atomic<std::int64_t> done_{0};
  mutable std::atomic<StopReason> reason_{StopReason::none};
};

}  // namespace striate
