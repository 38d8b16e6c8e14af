#include "striate/solvers/encode_info.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace striate {

std::string_view name_of(Status status) {
  constexpr std::array<std::string_view, 7> names = {
      "converged", "iteration_limit", "time_limit", "stopped", "exhausted", "stalled", "invalid"};
  return names[static_cast<std::size_t>(status)];
}

double EncodeInfo::objective() const {
  double sum = 0;
  for (const SignalInfo& signal : signals) sum += signal.objective;
  return sum;
}

double EncodeInfo::worst_gap() const {
  double worst = 0;
  for (const SignalInfo& signal : signals)
    if (!std::isnan(signal.relative_gap)) worst = std::max(worst, signal.relative_gap);
  return worst;
}

std::int64_t EncodeInfo::count(Status status) const {
  return std::ranges::count(signals, status, &SignalInfo::status);
}

Status EncodeInfo::worst_status() const {
  // From what a user should hear first to what needs no word.
  for (Status status : {Status::invalid, Status::stopped, Status::time_limit,
                        Status::iteration_limit, Status::stalled, Status::exhausted})
    if (count(status) > 0) return status;
  return Status::converged;
}

}  // namespace striate
