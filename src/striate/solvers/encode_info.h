// What a solver says of its answers, signal by signal.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace striate {

enum class Status : std::uint8_t {
  converged,        // the tolerance is met
  iteration_limit,  // max_iterations reached
  time_limit,       // max_seconds over
  stopped,          // the observer or the stop token asked
  exhausted,        // nothing left to select
  stalled,          // rounding prevents further progress
  invalid,          // the signal holds NaN or infinity; its code is empty
};
std::string_view name_of(Status status);

struct SignalInfo {
  Status status = Status::converged;
  std::int32_t iterations = 0;
  std::int32_t nonzeros = 0;
  double objective = 0;     // at the returned code, from the original signal
  double relative_gap = 0;  // duality gap / objective; 0 if the gap is 0, NaN where none exists
};

// Deterministic counts of work, for tests and tuning.
struct WorkCounters {
  std::int64_t iterations = 0;    // passes over a working set, or proximal steps
  std::int64_t gram_columns = 0;  // Gram columns used in gradients
  std::int64_t gradients = 0;     // full gradients c = b - G z
  WorkCounters& operator+=(const WorkCounters& other) {
    iterations += other.iterations;
    gram_columns += other.gram_columns;
    gradients += other.gradients;
    return *this;
  }
};

struct EncodeInfo {
  std::vector<SignalInfo> signals;
  double seconds = 0;
  WorkCounters work;

  double objective() const;  // the sum over the signals
  double worst_gap() const;  // NaN entries are ignored
  std::int64_t count(Status status) const;
  bool converged() const { return count(Status::converged) == std::int64_t(signals.size()); }
  Status worst_status() const;  // converged if all are
};

}  // namespace striate
