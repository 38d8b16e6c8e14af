#include "striate/core/observer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "striate/core/errors.h"
#include "striate/core/parallel.h"

namespace striate {
namespace {

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

TEST(RunState, RunsOnByDefault) {
  const striate::Run run;
  const RunState state(run);
  EXPECT_FALSE(state.stopping());
  EXPECT_EQ(state.reason(), StopReason::none);
  EXPECT_EQ(state.threads(), thread_count());
  EXPECT_EQ(state.done(), 0);
}

TEST(RunState, NoticesTheTimeLimitAndKeepsTheFirstReason) {
  std::stop_source stop;
  const striate::Run run{.stop = stop.get_token(), .max_seconds = 0.02};
  const RunState state(run);
  EXPECT_FALSE(state.stopping());
  sleep_ms(30);
  EXPECT_EQ(state.reason(), StopReason::none);  // nobody looked yet
  EXPECT_TRUE(state.stopping());
  EXPECT_EQ(state.reason(), StopReason::time_limit);
  stop.request_stop();
  EXPECT_TRUE(state.stopping());
  EXPECT_EQ(state.reason(), StopReason::time_limit);
}

TEST(RunState, NoticesTheStopToken) {
  std::stop_source stop;
  const striate::Run run{.stop = stop.get_token()};
  const RunState state(run);
  EXPECT_FALSE(state.stopping());
  stop.request_stop();
  EXPECT_TRUE(state.stopping());
  EXPECT_EQ(state.reason(), StopReason::stopped);
}

TEST(RunState, TellsTheObserverAtMostEvery50Ms) {
  std::vector<double> times;
  const striate::Run run{.observer = [&](const Progress& p) {
    times.push_back(p.seconds);
    return true;
  }};
  RunState state(run, "test", 10);
  while (state.seconds() < 0.26) state.report();
  EXPECT_GE(times.size(), 1u);
  EXPECT_LE(times.size(), 5u);
  for (std::size_t i = 1; i < times.size(); ++i) EXPECT_GE(times[i] - times[i - 1], 0.05);
  const std::size_t before = times.size();
  state.report({}, true);
  state.report({}, true);
  EXPECT_EQ(times.size(), before + 2);
}

TEST(RunState, HandsOverTheFigures) {
  Progress seen;
  std::vector<std::pair<std::string, double>> values;
  const striate::Run run{.observer = [&](const Progress& p) {
    seen = p;
    for (const auto& [name, value] : p.values) values.emplace_back(name, value);
    return true;
  }};
  RunState state(run, "learn", 7);
  state.advance(2);
  state.advance(3);
  const std::vector<std::pair<std::string_view, double>> figures{{"objective", 1.5}};
  state.report(figures, true);
  EXPECT_EQ(seen.stage, "learn");
  EXPECT_EQ(seen.done, 5);
  EXPECT_EQ(seen.total, 7);
  EXPECT_EQ(values, (std::vector<std::pair<std::string, double>>{{"objective", 1.5}}));
}

TEST(RunState, StopsWhenTheObserverSaysNo) {
  const striate::Run run{.observer = [](const Progress&) { return false; }};
  RunState state(run);
  EXPECT_FALSE(state.stopping());
  state.report({}, true);
  EXPECT_TRUE(state.stopping());
  EXPECT_EQ(state.reason(), StopReason::stopped);
}

TEST(RunState, TakesTheNumberOfThreadsAsItIsWhenTheJobBegins) {
  const striate::Run three{.threads = 3}, negative{.threads = -1}, open;
  EXPECT_EQ(RunState(three).threads(), 3);
  EXPECT_THAT([&] { RunState state(negative); },
              ::testing::ThrowsMessage<Error>("Run: threads is -1; it must be at least 0"));
  set_thread_count(2);
  const RunState state(open);
  set_thread_count(5);
  EXPECT_EQ(state.threads(), 2);
  set_thread_count(0);
}

}  // namespace
}  // namespace striate
