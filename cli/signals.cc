#include "cli/signals.h"

#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <ctime>

namespace striate::cli {
namespace {

sigset_t stopping_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

SignalWatch::SignalWatch() {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = stopping_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::thread([this, set] {
    const timespec period{.tv_sec = 0, .tv_nsec = 100'000'000};
    while (!ending_) {
      const int signal = sigtimedwait(&set, nullptr, &period);
      if (signal <= 0) continue;
      if (received_ != 0) _exit(128 + signal);
      received_ = signal;
      stop_.request_stop();
    }
  });
}

SignalWatch::~SignalWatch() {
  ending_ = true;
  waiter_.join();
  const sigset_t set = stopping_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace striate::cli
