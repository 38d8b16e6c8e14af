// SIGINT and SIGTERM become a stop token; a second one ends the process at once. SIGPIPE is
// ignored: writing to a closed pipe is an error of the stream.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace striate::cli {

// Made once, before any other thread is started: the signals are blocked in all threads and one of
// its own waits for them.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  std::stop_token token() const { return stop_.get_token(); }
  // The signal that asked for the stop; 0: none.
  int received() const { return received_; }

 private:
  std::stop_source stop_;
  std::atomic<int> received_{0};
  std::atomic<bool> ending_{false};
  std::thread waiter_;
};

}  // namespace striate::cli
