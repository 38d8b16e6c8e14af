#include "striate/core/timing.h"

#include <gtest/gtest.h>

#include <thread>

namespace striate {
namespace {

TEST(Stopwatch, CountsSecondsFromStartAndRestart) {
  Stopwatch watch;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const double first = watch.seconds();
  EXPECT_GE(first, 0.02);
  EXPECT_LT(first, 20);
  EXPECT_GE(watch.seconds(), first);
  watch.restart();
  EXPECT_LT(watch.seconds(), first);
}

}  // namespace
}  // namespace striate
