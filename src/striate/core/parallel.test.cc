#include "striate/core/parallel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "striate/core/errors.h"

// The sanitizer ends forked children that start threads unless told otherwise.
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }

namespace striate {
namespace {

using ::testing::ThrowsMessage;

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

// Chunks that wait until `n` threads are inside, so that a test cannot pass on fewer.
std::vector<std::thread::id> threads_that_meet(int n) {
  std::barrier meet(n);
  std::vector<std::thread::id> ids(static_cast<std::size_t>(n));
  const striate::Run run{.threads = n};
  RunState state(run);
  parallel_for(
      n,
      [&](std::int64_t chunk, int) {
        ids[static_cast<std::size_t>(chunk)] = std::this_thread::get_id();
        meet.arrive_and_wait();
      },
      state);
  return ids;
}

TEST(ParallelFor, CallsEveryChunkOnce) {
  for (int threads : {1, 2, 4, 16})
    for (std::int64_t chunks : {0, 1, 2, 3, 1000}) {
      std::vector<std::atomic<int>> calls(static_cast<std::size_t>(chunks));
      std::atomic<int> largest{0};
      const striate::Run run{.threads = threads};
      RunState state(run);
      ASSERT_EQ(workers_for(state), threads);
      parallel_for(
          chunks,
          [&](std::int64_t chunk, int worker) {
            ++calls[static_cast<std::size_t>(chunk)];
            int seen = largest;
            while (worker > seen && !largest.compare_exchange_weak(seen, worker)) {
            }
          },
          state);
      for (const auto& count : calls) EXPECT_EQ(count, 1);
      EXPECT_LT(largest, threads);
    }
  int calls = 0;
  parallel_for(-3, [&](std::int64_t, int) { ++calls; });
  EXPECT_EQ(calls, 0);
}

TEST(ParallelFor, UsesAsManyThreadsAsAskedAndTheCallersOwn) {
  for (int threads : {2, 4, 8}) {
    auto ids = threads_that_meet(threads);
    EXPECT_EQ(std::count(ids.begin(), ids.end(), std::this_thread::get_id()), 1);
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
  }
}

TEST(ParallelFor, AWorkersBuffersAreItsOwn) {
  const striate::Run run{.threads = 4};
  RunState state(run);
  std::vector<std::int64_t> sums(4);  // not atomic: the sanitizer would see two threads at one
  parallel_for(
      10000,
      [&](std::int64_t chunk, int worker) { sums[static_cast<std::size_t>(worker)] += chunk; },
      state);
  EXPECT_EQ(std::accumulate(sums.begin(), sums.end(), std::int64_t{0}), 9999 * 10000 / 2);
}

TEST(ParallelFor, RethrowsTheExceptionOfTheLowestChunk) {
  for (int threads : {1, 2, 4})
    for (int repeat = 0; repeat < 50; ++repeat) {
      const striate::Run run{.threads = threads};
      RunState state(run);
      std::atomic<int> after{0};
      const auto job = [&] {
        parallel_for(
            10000,
            [&](std::int64_t chunk, int) {
              if (chunk == 3) sleep_ms(1);  // others throw first
              if (chunk >= 3 && chunk < 8) throw Error("chunk ", chunk);
              if (chunk > 100) ++after;
            },
            state);
      };
      EXPECT_THAT(job, ThrowsMessage<Error>("chunk 3"));
      EXPECT_LT(after, 9899);  // the rest was not begun
    }
}

TEST(ParallelFor, ExceptionsKeepTheirTypeAndThePoolLives) {
  const striate::Run run{.threads = 2};
  RunState state(run);
  EXPECT_THROW(parallel_for(
                   2, [](std::int64_t, int) { throw 42; }, state),
               int);
  EXPECT_THROW(parallel_for(
                   2, [](std::int64_t, int) { throw std::bad_alloc(); }, state),
               std::bad_alloc);
  EXPECT_EQ(threads_that_meet(2).size(), 2u);
}

TEST(ParallelFor, NestedCallsRunOnTheirOwnThread) {
  const striate::Run run{.threads = 4};
  RunState state(run);
  std::atomic<int> inner{0};
  parallel_for(
      8,
      [&](std::int64_t, int) {
        const auto id = std::this_thread::get_id();
        parallel_for(5, [&](std::int64_t, int worker) {
          EXPECT_EQ(std::this_thread::get_id(), id);
          EXPECT_EQ(worker, 0);
          ++inner;
        });
      },
      state);
  EXPECT_EQ(inner, 40);
  EXPECT_THAT(([&] {
                parallel_for(
                    4,
                    [&](std::int64_t, int) {
                      parallel_for(2, [](std::int64_t, int) { throw Error("inner"); });
                    },
                    state);
              }),
              ThrowsMessage<Error>("inner"));
  EXPECT_EQ(threads_that_meet(4).size(), 4u);  // and the pool is free again
}

TEST(ParallelFor, NestedCallsDoSoWhereThePoolIsFreeToo) {
  const striate::Run alone{.threads = 1}, four{.threads = 4};
  RunState outer(alone), state(four);
  const auto caller = std::this_thread::get_id();
  parallel_for(
      1,
      [&](std::int64_t, int) {
        parallel_for(
            100,
            [&](std::int64_t, int) { EXPECT_EQ(std::this_thread::get_id(), caller), sleep_ms(1); },
            state);
      },
      outer);
}

TEST(ParallelFor, ConcurrentCallersAllFinish) {
  std::vector<std::int64_t> sums(6);
  {
    std::vector<std::jthread> callers;
    for (std::int64_t& sum : sums)
      callers.emplace_back([&sum] {
        for (int repeat = 0; repeat < 50; ++repeat) {
          const striate::Run run{.threads = 3};
          RunState state(run);
          std::atomic<std::int64_t> total{0};
          parallel_for(
              20, [&](std::int64_t chunk, int) { total += chunk; }, state);
          sum += total;
        }
      });
  }
  for (std::int64_t sum : sums) EXPECT_EQ(sum, 50 * 190);
}

TEST(ParallelFor, StopsAtTheStopToken) {
  std::stop_source stop;
  const striate::Run run{.stop = stop.get_token(), .threads = 4};
  RunState state(run);
  std::atomic<int> begun{0};
  parallel_for(
      100000,
      [&](std::int64_t, int) {
        if (++begun == 10) stop.request_stop();
        sleep_ms(1);
      },
      state);
  EXPECT_EQ(state.reason(), StopReason::stopped);
  EXPECT_LE(begun, 10 + 4);  // each of the four may have been past its check
  // Asked to stop before it begins: nothing is done.
  parallel_for(
      5, [](std::int64_t, int) { FAIL(); }, state);
}

TEST(ParallelFor, StopsAtTheTimeLimit) {
  const striate::Run run{.max_seconds = 0.1, .threads = 2};
  RunState state(run);
  parallel_for(
      1000000, [](std::int64_t, int) { sleep_ms(1); }, state);
  EXPECT_EQ(state.reason(), StopReason::time_limit);
  EXPECT_GE(state.seconds(), 0.1);
  EXPECT_LT(state.seconds(), 5);
}

TEST(ParallelFor, TheObserverHearsOnTheCallersThreadAndMayStop) {
  const auto caller = std::this_thread::get_id();
  int calls = 0;
  std::int64_t last = 0;
  const striate::Run run{.observer =
                             [&](const Progress& progress) {
                               EXPECT_EQ(std::this_thread::get_id(), caller);
                               EXPECT_GE(progress.done, last);
                               last = progress.done;
                               return ++calls < 3;
                             },
                         .threads = 4};
  RunState state(run, "work", 1000000);
  parallel_for(
      1000000,
      [&](std::int64_t, int) {
        sleep_ms(1);
        state.advance(1);
      },
      state);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(state.reason(), StopReason::stopped);
  EXPECT_GE(state.seconds(), 0.15);  // three reports, 50 ms apart
}

TEST(ParallelFor, TheObserverHearsWhileOthersStillWork) {
  std::atomic<int> calls = 0;
  const striate::Run run{.observer = [&](const Progress&) { return ++calls > 0; }, .threads = 2};
  RunState state(run);
  std::barrier meet(2);
  const auto caller = std::this_thread::get_id();
  parallel_for(
      2,
      [&](std::int64_t, int) {
        meet.arrive_and_wait();
        if (std::this_thread::get_id() == caller) return;
        for (int waited = 0; waited < 20000 && calls < 2; waited += 5) sleep_ms(5);
      },
      state);
  EXPECT_GE(calls, 2);
}

TEST(ParallelFor, ObserversInsideChunksAreNotToldFromOtherThreads) {
  const auto caller = std::this_thread::get_id();
  const striate::Run run{.observer =
                             [&](const Progress&) {
                               EXPECT_EQ(std::this_thread::get_id(), caller);
                               return true;
                             },
                         .threads = 4};
  RunState state(run), inner(run);
  std::barrier meet(4);
  parallel_for(
      4,
      [&](std::int64_t, int worker) {
        meet.arrive_and_wait();
        if (worker > 0)
          parallel_for(
              30, [](std::int64_t, int) { sleep_ms(2); }, inner);
      },
      state);
}

TEST(ParallelFor, AnObserverThatThrowsStopsTheWork) {
  const striate::Run run{.observer = [](const Progress&) -> bool { throw Error("observer"); },
                         .threads = 2};
  RunState state(run);
  EXPECT_THAT(([&] {
                parallel_for(
                    1000000, [](std::int64_t, int) { sleep_ms(1); }, state);
              }),
              ThrowsMessage<Error>("observer"));
}

// What the child returns, or -1 if it hangs for 20 seconds or dies.
int in_child(int (*f)()) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(30);  // a child that hangs ends by itself, orphaned or not
    int code = -1;
    try {
      code = f();
    } catch (...) {
    }
    _exit(code);
  }
  for (int waited = 0; waited < 20000; waited += 5, sleep_ms(5)) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child)
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return -1;
}

TEST(ParallelFor, WorksInAForkedChild) {
  ASSERT_EQ(threads_that_meet(3).size(), 3u);  // the parent's pool has threads
  const auto meet = [] { return int(threads_that_meet(3).size()); };
  EXPECT_EQ(in_child(meet), 3);
  EXPECT_EQ(in_child([] { return in_child([] { return int(threads_that_meet(2).size()); }) + 1; }),
            3);                                // and in its child
  EXPECT_EQ(threads_that_meet(3).size(), 3u);  // and still in the parent
}

TEST(ParallelFor, WorksInAChildForkedWhileThePoolIsHeld) {
  std::atomic<bool> inside{false}, leave{false};
  std::jthread holder([&] {
    const striate::Run run{.threads = 3};
    RunState state(run);
    parallel_for(
        3,
        [&](std::int64_t, int) {
          inside = true;
          while (!leave) sleep_ms(1);
        },
        state);
  });
  while (!inside) sleep_ms(1);
  EXPECT_EQ(in_child([] { return int(threads_that_meet(3).size()); }), 3);
  leave = true;
}

TEST(ThreadCount, IsWhatWasSetElseTheEnvironmentElseTheProcessors) {
  const char* old = std::getenv("OMP_NUM_THREADS");
  const std::string kept = old ? old : "";
  unsetenv("OMP_NUM_THREADS");
  set_thread_count(0);
  const int processors = thread_count();
  EXPECT_GE(processors, 1);
  for (const auto& [value, expected] : std::vector<std::pair<const char*, int>>{
           {"3", 3}, {"5,2", 5}, {"0", processors}, {"-1", processors}, {"x", processors}}) {
    setenv("OMP_NUM_THREADS", value, 1);
    set_thread_count(0);  // asks the environment again
    EXPECT_EQ(thread_count(), expected) << value;
  }
  set_thread_count(7);
  EXPECT_EQ(thread_count(), 7);
  EXPECT_THAT([] { set_thread_count(-1); },
              ThrowsMessage<Error>("set_thread_count: threads is -1; it must be at least 0"));
  EXPECT_EQ(thread_count(), 7);
  if (old) setenv("OMP_NUM_THREADS", kept.c_str(), 1);
  else unsetenv("OMP_NUM_THREADS");
  set_thread_count(0);
}

}  // namespace
}  // namespace striate
