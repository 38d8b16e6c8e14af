#include "cli/signals.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>

namespace striate::cli {
namespace {

// Runs `f` in a child and returns its exit status.
template <class F>
int in_child(F f) {
  const pid_t child = fork();
  if (child == 0) _exit(f());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

bool wait_for_stop(const SignalWatch& watch) {
  for (int i = 0; i < 500 && !watch.token().stop_requested(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return watch.token().stop_requested();
}

TEST(Signals, InterruptAndTerminateAskForAStop) {
  for (int signal : {SIGINT, SIGTERM}) {
    const int status = in_child([signal] {
      SignalWatch watch;
      if (watch.token().stop_requested() || watch.received() != 0) return 1;
      kill(getpid(), signal);
      return wait_for_stop(watch) ? watch.received() : 2;
    });
    EXPECT_EQ(status, signal);
  }
}

TEST(Signals, ASecondSignalEndsAtOnce) {
  const int status = in_child([] {
    SignalWatch watch;
    kill(getpid(), SIGINT);
    wait_for_stop(watch);
    kill(getpid(), SIGTERM);
    std::this_thread::sleep_for(std::chrono::seconds(5));
    return 0;
  });
  EXPECT_EQ(status, 128 + SIGTERM);
}

TEST(Signals, AClosedPipeDoesNotKill) {
  const int status = in_child([] {
    SignalWatch watch;
    int ends[2];
    if (pipe(ends) != 0) return 2;
    close(ends[0]);
    return write(ends[1], "x", 1) == -1 && errno == EPIPE ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace striate::cli
