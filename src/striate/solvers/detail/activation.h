// Thresholds and what certifies the codes they make.
#pragma once

#include "striate/solvers/activation.h"
#include "striate/solvers/detail/lockstep.h"
#include "striate/solvers/fista.h"

namespace striate::detail {

// The settings as those of a penalised problem. Error: subspace with groups of one.
template <class Settings>
FistaSettings penalized_part(std::string_view who, const Settings& settings) {
  validate(who, settings);
  const bool subspace = settings.activation == Activation::subspace;
  if (subspace && settings.group_size == 1)
    throw Error(who, ": group_size is 1; activation subspace needs at least 2");
  FistaSettings part{.lambda = settings.lambda,
                     .lambda_relative = settings.lambda_relative,
                     .group_size = settings.group_size.value_or(subspace ? 2 : 1),
                     .positive = settings.positive || settings.activation == Activation::rectified,
                     .penalty_weights = settings.penalty_weights};
  if constexpr (requires { settings.tolerance; }) {
    part.tolerance = settings.tolerance;
    part.max_iterations = settings.max_iterations;
  }
  return part;
}

template <class T>
struct Threshold {
  const AnyPenalty<T>& penalty;
  bool hard;
  double lipschitz;

  // u <- T(u)
  void apply(double lambda, std::span<T> u, LockstepScratch<T>& s) const {
    if (!hard) return penalty.prox(static_cast<T>(lambda), u);
    const auto size = static_cast<std::size_t>(penalty.size());
    s.duals.resize(u.size() / size);
    penalty.squared_duals(u, s.duals);
    for (std::size_t g = 0; g < s.duals.size(); ++g) {
      const bool active = s.duals[g] > lambda * lambda || is_free(g);
      for (T& value : u.subspan(g * size, size))
        if (!active || (penalty.positive() && value < 0)) value = 0;
    }
  }

  // Of lane.z; a hard threshold's code has no gap, and `miss` is left to the caller.
  Measure measure(const Lane<T>& lane, LockstepScratch<T>& s) const {
    if (!hard) return measure_penalized(penalty, lipschitz, lane, s);
    Measure now{.relative_gap = std::numeric_limits<double>::quiet_NaN()};
    for (T r : lane.r) now.objective += 0.5 * static_cast<double>(r) * r;
    const auto size = static_cast<std::size_t>(penalty.size());
    for (std::size_t g = 0; g < lane.z.size() / size; ++g) {
      if (std::ranges::all_of(lane.z.subspan(g * size, size), [](T v) { return v == 0; })) continue;
      const double threshold = lane.lambda * penalty.weight(static_cast<std::int64_t>(g));
      now.objective += 0.5 * threshold * threshold;
    }
    return now;
  }

 private:
  bool is_free(std::size_t g) const { return penalty.weight(static_cast<std::int64_t>(g)) == 0; }
};

}  // namespace striate::detail
