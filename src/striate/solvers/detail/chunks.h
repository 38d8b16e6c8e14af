// Coding a batch of signals chunk by chunk on several threads: what every solver does around its
// own work.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "striate/core/parallel.h"
#include "striate/core/timing.h"
#include "striate/solvers/encoding.h"

namespace striate::detail {

inline Status status_of(StopReason reason) {
  return reason == StopReason::time_limit ? Status::time_limit : Status::stopped;
}

// A signal that was stopped before anything was done for it: the zero code, whose objective is
// |y|^2 / 2 and whose optimum is at least 0.
template <class T>
SignalInfo not_begun(std::span<const T> signal, StopReason reason) {
  SignalInfo info{.status = status_of(reason)};
  for (T x : signal) info.objective += 0.5 * static_cast<double>(x) * x;
  info.relative_gap = info.objective == 0 ? 0 : 1;
  if (!std::isfinite(info.objective)) info.status = Status::invalid;
  return info;
}

// Calls code(first, count, workspace, state, codes, infos) for chunks of `chunk` signals, where
// `codes` and `infos` take the chunk's answers, with one Workspace per worker, which holds a
// WorkCounters `work`.
template <class Workspace, class T, class Code>
Encoding<T> encode_by_chunks(std::int64_t atoms, MatrixView<const T> signals, std::int64_t chunk,
                             const Run& run, Code code) {
  const Stopwatch watch;
  const std::int64_t n = signals.columns, chunks = (n + chunk - 1) / chunk;
  RunState state(run, "coding", n);
  std::vector<Workspace> workspaces(static_cast<std::size_t>(workers_for(state)));
  std::vector<SparseCodes<T>> parts(static_cast<std::size_t>(chunks));
  Encoding<T> result{SparseCodes<T>(atoms), {}};
  std::vector<SignalInfo>& infos = result.info.signals;
  infos.resize(static_cast<std::size_t>(n));
  const auto count_of = [&](std::int64_t c) { return std::min(chunk, n - c * chunk); };
  parallel_for(
      chunks,
      [&](std::int64_t c, int worker) {
        SparseCodes<T> codes(atoms);
        code(c * chunk, count_of(c), workspaces[static_cast<std::size_t>(worker)], state, codes,
             std::span(infos).subspan(static_cast<std::size_t>(c * chunk),
                                      static_cast<std::size_t>(count_of(c))));
        parts[static_cast<std::size_t>(c)] = std::move(codes);
        state.advance(count_of(c));
      },
      state);
  for (std::int64_t c = 0; c < chunks; ++c) {
    SparseCodes<T>& part = parts[static_cast<std::size_t>(c)];
    if (part.signals() == 0) {  // never begun
      part = SparseCodes<T>(atoms);
      for (std::int64_t j = c * chunk; j < c * chunk + count_of(c); ++j) {
        infos[static_cast<std::size_t>(j)] = not_begun(signals.column(j), state.reason());
        part.append({}, {});
      }
    }
    result.codes.append(part);
    part = SparseCodes<T>();
  }
  for (const Workspace& w : workspaces) result.info.work += w.work;
  result.info.seconds = watch.seconds();
  return result;
}

}  // namespace striate::detail
