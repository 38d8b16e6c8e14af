#include "striate/core/parallel.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "striate/core/errors.h"
#include "striate/core/processors.h"

namespace striate {
namespace {

constexpr auto kReportPeriod = std::chrono::milliseconds(50);
constexpr auto kAwake = std::chrono::microseconds(100);

thread_local bool inside_chunk = false;    // calls from here run on this thread alone
thread_local bool is_pool_thread = false;  // observers are not told from here

// One call of parallel_for: a counter that hands out chunks, and the exception to rethrow.
class Job {
 public:
  Job(std::int64_t chunks, const std::function<void(std::int64_t, int)>& f, RunState* state)
      : chunks_(chunks), f_(f), state_(state) {}

  // Works until no chunk is left or a reason to stop appears. Never throws.
  void work(int worker) {
    const bool was_inside = std::exchange(inside_chunk, true);
    while (!failed_.load(std::memory_order_relaxed) && !(state_ && state_->stopping())) {
      const std::int64_t chunk = next_.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= chunks_) break;
      try {
        f_(chunk, worker);
      } catch (...) {
        keep(chunk);
      }
      if (worker == 0) report();
    }
    inside_chunk = was_inside;
  }
  // Tells the observer; on the caller's thread.
  void report() {
    if (!state_ || is_pool_thread) return;
    try {
      state_->report();
    } catch (...) {
      keep(-1);
    }
  }
  void rethrow() {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  // Chunks begin in rising order, so the lowest chunk that throws is always reached: the same
  // exception for any number of threads.
  void keep(std::int64_t chunk) {
    const std::scoped_lock lock(mutex_);
    failed_.store(true, std::memory_order_relaxed);
    if (chunk < error_chunk_) {
      error_chunk_ = chunk;
      error_ = std::current_exception();
    }
  }

  const std::int64_t chunks_;
  const std::function<void(std::int64_t, int)>& f_;
  RunState* const state_;
  std::atomic<std::int64_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::int64_t error_chunk_ = std::numeric_limits<std::int64_t>::max();
  std::exception_ptr error_;
};

// Threads that sleep until a job comes. One job at a time; threads that wake too late for it sleep
// on.
class Pool {
 public:
  // False if another thread holds the pool.
  bool take() { return !taken_.test_and_set(std::memory_order_acquire); }
  void give_back() { taken_.clear(std::memory_order_release); }

  void run(Job& job, int threads) {
    grow(threads - 1);
    {
      const std::scoped_lock lock(mutex_);
      job_ = &job;
      helpers_ = threads - 1;
      ++generation_;
    }
    wake_.notify_all();
    job.work(0);
    await([&] { return running_.load(std::memory_order_acquire) == 0; });
    std::unique_lock lock(mutex_);
    job_ = nullptr;
    while (!idle_.wait_for(lock, kReportPeriod, [&] { return running_ == 0; })) {
      lock.unlock();
      job.report();
      lock.lock();
    }
  }

 private:
  void grow(int helpers) {
    try {
      while (static_cast<int>(threads_.size()) < helpers) {
        const int worker = static_cast<int>(threads_.size()) + 1;
        threads_.emplace_back(
            [this, worker](std::stop_token quit) { sleep_and_work(quit, worker); });
      }
    } catch (const std::system_error&) {
      // No more threads can be had; those there are do the work.
    }
  }

  void sleep_and_work(std::stop_token quit, int worker) {
    is_pool_thread = true;
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    while (wake_.wait(lock, quit, [&] { return generation_ != seen; })) {
      seen = generation_;
      if (!job_ || worker > helpers_) continue;
      Job& job = *job_;
      ++running_;
      lock.unlock();
      job.work(worker);
      lock.lock();
      if (--running_ == 0) idle_.notify_all();
      lock.unlock();
      await([&] { return generation_.load(std::memory_order_acquire) != seen; });
      lock.lock();
    }
  }

  // Waits awake for what often comes within microseconds, and is later than that when a sleeper has
  // to be woken for it. In vain: the caller sleeps.
  static void await(auto it_is_there) {
    const auto end = std::chrono::steady_clock::now() + kAwake;
    while (!it_is_there() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  }

  std::atomic_flag taken_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable idle_;
  Job* job_ = nullptr;
  int helpers_ = 0;
  std::atomic<int> running_ = 0;
  std::atomic<std::uint64_t> generation_ = 0;
  std::vector<std::jthread> threads_;  // last: they end before what they use
};

// The process's pool. A forked child has none of its threads and perhaps a locked mutex: it drops
// the parent's pool, which it cannot clean up, and makes its own.
class PoolOwner {
 public:
  PoolOwner() {
    pthread_atfork(nullptr, nullptr, [] { instance().abandon(); });
  }
  ~PoolOwner() { delete pool_.load(); }
  static PoolOwner& instance() {
    static PoolOwner owner;
    return owner;
  }
  Pool& pool() {
    Pool* pool = pool_.load(std::memory_order_acquire);
    if (!pool) {
      auto fresh = std::make_unique<Pool>();
      if (pool_.compare_exchange_strong(pool, fresh.get())) pool = fresh.release();
    }
    return *pool;
  }

 private:
  void abandon() { abandoned_ = pool_.exchange(nullptr); }
  std::atomic<Pool*> pool_{nullptr};
  Pool* abandoned_ = nullptr;
};

int from_environment() {
  if (const char* text = std::getenv("OMP_NUM_THREADS")) {
    const long threads = std::strtol(text, nullptr, 10);  // "4,2" is 4 at the outer level
    if (threads > 0 && threads <= std::numeric_limits<int>::max()) return static_cast<int>(threads);
  }
  return allowed_processors();
}

std::atomic<int> chosen_threads{0};       // by set_thread_count; 0: not chosen
std::atomic<int> environment_threads{0};  // remembered; 0: not yet asked

void run_job(Job& job, std::int64_t chunks, int threads) {
  threads = static_cast<int>(std::min<std::int64_t>(threads, chunks));
  Pool* pool = threads > 1 && !inside_chunk ? &PoolOwner::instance().pool() : nullptr;
  if (pool && pool->take()) {
    pool->run(job, threads);
    pool->give_back();
  } else {
    job.work(0);
  }
  job.rethrow();
}

}  // namespace

int thread_count() {
  if (const int threads = chosen_threads.load(); threads > 0) return threads;
  int threads = environment_threads.load();
  if (threads == 0) environment_threads.store(threads = from_environment());
  return threads;
}

void set_thread_count(int threads) {
  if (threads < 0) throw Error("set_thread_count: threads is ", threads, "; it must be at least 0");
  if (threads == 0) environment_threads.store(0);
  chosen_threads.store(threads);
}

void parallel_for(std::int64_t chunks, const std::function<void(std::int64_t, int)>& f,
                  RunState& state) {
  Job job(chunks, f, &state);
  run_job(job, chunks, state.threads());
}

void parallel_for(std::int64_t chunks, const std::function<void(std::int64_t, int)>& f) {
  Job job(chunks, f, nullptr);
  run_job(job, chunks, thread_count());
}

int workers_for(const RunState& state) { return state.threads(); }

}  // namespace striate
