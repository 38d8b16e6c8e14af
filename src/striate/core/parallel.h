// The one way to use several threads. Work is cut into chunks whose number depends on sizes only,
// never on the number of threads, so results are the same bits for any number of threads.
#pragma once

#include <cstdint>
#include <functional>

#include "striate/core/observer.h"

namespace striate {

// Threads that a parallel_for without an explicit number uses: what set_thread_count said, else
// OMP_NUM_THREADS, else the processors that affinity and the cgroup quota leave to this process.
int thread_count();
// 0 returns to the environment's choice. Negative: Error.
void set_thread_count(int threads);

// Calls f(chunk, worker) for every chunk in [0, chunks), each once, begun in rising order, on up to
// state.threads() threads, the caller's among them. `worker` < workers_for(state) names the thread
// for buffers of its own. Between chunks workers poll state.stopping() and begin nothing new after
// it; the caller's thread reports progress. An exception stops the rest and is rethrown here; of
// several, that of the lowest chunk. A call from inside a chunk, or while another thread holds the
// pool, runs on its own thread alone. Works in a forked child.
void parallel_for(std::int64_t chunks, const std::function<void(std::int64_t, int)>& f,
                  RunState& state);
void parallel_for(std::int64_t chunks, const std::function<void(std::int64_t, int)>& f);

// An upper bound for `worker` + 1.
int workers_for(const RunState& state);

}  // namespace striate
