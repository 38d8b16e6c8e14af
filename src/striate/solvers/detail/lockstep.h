// Coding the signals of a chunk in lockstep: an iteration takes one step of every signal that still
// runs, so that the gradients of all of them are one product. What a step does is the solver's own.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"
#include "striate/penalties/any_penalty.h"
#include "striate/solvers/detail/chunks.h"
#include "striate/solvers/detail/penalized_problem.h"

namespace striate::detail {

// A signal on its way, divided by 2^exponent (see Scale).
template <class T>
struct Lane {
  std::int64_t index = 0;  // of the signal in the call
  double lambda = 0;
  int exponent = 0;
  std::span<const T> y, r, c;  // signal, residual, correlations with the atoms
  std::span<T> z;              // its code
  std::span<T> x;              // a second vector of the step's own
};

// One thread's buffers; they grow once.
template <class T>
struct LockstepScratch {
  std::vector<T> next, duals, values;
  std::vector<double> residual;
  std::vector<std::int32_t> indices;

  // The nonzero entries of a code, in `indices` and `values`.
  void gather(std::span<const T> z) {
    indices.clear();
    values.clear();
    for (std::size_t k = 0; k < z.size(); ++k)
      if (z[k] != 0) {
        indices.push_back(static_cast<std::int32_t>(k));
        values.push_back(z[k]);
      }
  }
};

// What is known of a code. `miss` is what the tolerance bounds.
struct Measure {
  double objective = 0, relative_gap = 0, miss = 0;
};

template <class T>
double largest_dual(const AnyPenalty<T>& penalty, std::span<const T> c, std::vector<T>& duals) {
  const std::int64_t groups = std::ssize(c) / penalty.size();
  duals.resize(static_cast<std::size_t>(groups));
  penalty.squared_duals(c, duals);
  return std::sqrt(static_cast<double>(largest(groups, duals.data())));
}

// Objective and duality gap of a penalised code.
template <class T>
Measure measure_penalized(const AnyPenalty<T>& penalty, double lipschitz, const Lane<T>& lane,
                          LockstepScratch<T>& s) {
  Sums sums;
  for (T r : lane.r) sums.residual += static_cast<double>(r) * r;
  const double dual = largest_dual(penalty, lane.c, s.duals);
  sums.squared_dual = dual * dual;
  for (std::int64_t g = 0; g < std::ssize(s.duals); ++g)
    sums.add(penalty, g, lane.z.data() + g * penalty.size(), lane.c.data() + g * penalty.size(),
             static_cast<T>(lipschitz));
  const Certificate now = certify(sums, lane.lambda, penalty.positive());
  const double gap = now.gap == 0 ? 0 : now.gap / now.objective;
  return {.objective = now.objective, .relative_gap = gap, .miss = gap};
}

// What a solver gives:
//   extrapolates   true: the gradient of a step is that of x; false: of z
//   State          what the step keeps per signal beside x; begins as State{}
//   Scratch        a LockstepScratch, or one with more
//   start          before the first step, from z and its c; true if z changed
//   step           one step, from the gradient's c
//   measure        of z, from its r and c, after so many iterations
//   patience       iterations without a smaller miss after which rounding is to blame
//   finish         the last touch to a code that is done
template <class S, class T>
concept LockstepStep = requires(const S& step, const Lane<T>& lane, typename S::State& state,
                                typename S::Scratch& scratch, Measure& measure, int iteration) {
  { S::extrapolates } -> std::convertible_to<bool>;
  { step.start(lane, state, scratch) } -> std::same_as<bool>;
  step.step(lane, state, scratch);
  { step.measure(lane, state, scratch, iteration) } -> std::same_as<Measure>;
  { step.patience() } -> std::convertible_to<double>;
  step.finish(lane, measure, scratch);
};

template <class T, LockstepStep<T> Step>
class Lockstep {
 public:
  Lockstep(const Dictionary<T>& dictionary, MatrixView<const T> signals,
           const PenalizedProblem& problem, const AnyPenalty<T>& penalty, const Step& step,
           const SparseCodes<T>* initial)
      : dictionary_(dictionary),
        signals_(signals),
        problem_(problem),
        penalty_(penalty),
        step_(step),
        initial_(initial) {
    if constexpr (Step::extrapolates) synthesis_ = LeftFactor<T>(dictionary.matrix(), false);
  }

  Encoding<T> solve(const Run& run) const {
    return encode_by_chunks<Space>(dictionary_.atoms(), signals_, chunk_signals, run,
                                   [&](auto&&... arguments) { code_chunk(arguments...); });
  }

 private:
  static constexpr std::int64_t chunk_signals = 64;
  static constexpr int between_checks = 10;  // iterations

  struct Signal {
    std::int64_t index = 0;  // in the chunk
    Scale scale;
    double lambda = 0, least_miss = std::numeric_limits<double>::infinity();
    int in_vain = 0;
    typename Step::State state = {};
  };

  // Columns of the matrices belong to the signals still running, in the order of `live`.
  struct Space {
    std::int64_t first = 0;  // of the chunk's signals
    std::vector<Signal> live;
    Matrix<T> y, z, x, r, c;
    Matrix<T> done;  // finished codes, by signal
    typename Step::Scratch scratch;
    WorkCounters work;
  };

  void code_chunk(std::int64_t first, std::int64_t count, Space& s, const RunState& state,
                  SparseCodes<T>& codes, std::span<SignalInfo> infos) const {
    begin(first, count, s, infos);
    for (int iteration = 0; !s.live.empty(); ++iteration) {
      const bool due = iteration % between_checks == 0 || iteration == problem_.max_iterations;
      if (due) {
        correlate_codes(s);
        if (iteration == 0) set_out(first, s);
        end_signals(iteration, s, state, infos);
      }
      if constexpr (Step::extrapolates) correlate_extrapolated(s);
      else if (!due) correlate_codes(s);
      const auto running = std::ssize(s.live);
      for (std::int64_t j = 0; j < running; ++j)
        step_.step(lane(j, s), s.live[static_cast<std::size_t>(j)].state, s.scratch);
      s.work.iterations += running;
      s.work.gradients += running;
    }
    for (std::int64_t j = 0; j < count; ++j)
      infos[static_cast<std::size_t>(j)].nonzeros = append(s.done.column(j), s.scratch, codes);
  }

  // Copies the signals, scaled; all codes are zero.
  void begin(std::int64_t first, std::int64_t count, Space& s, std::span<SignalInfo> infos) const {
    for (Matrix<T>* a : {&s.y, &s.r}) a->resize(signals_.rows, chunk_signals);
    for (Matrix<T>* a : {&s.z, &s.x, &s.c, &s.done}) a->resize(dictionary_.atoms(), chunk_signals);
    for (Matrix<T>* a : {&s.z, &s.x, &s.done}) a->fill(0);
    s.scratch.next.resize(static_cast<std::size_t>(dictionary_.atoms()));
    s.scratch.residual.resize(static_cast<std::size_t>(signals_.rows));
    s.first = first;
    s.live.clear();
    for (std::int64_t j = 0; j < count; ++j) {
      Scale scale = scale_of(signals_.column(first + j));
      if (!penalty_.convex()) scale.exponent = 0;  // only norms scale with the code
      if (!scale.finite) {
        infos[static_cast<std::size_t>(j)] = invalid_signal();
        continue;
      }
      scale_by(scale, signals_.column(first + j), s.y.column(std::ssize(s.live)));
      s.live.push_back({.index = j, .scale = scale});
    }
  }

  Lane<T> lane(std::int64_t j, Space& s) const {
    const Signal& signal = s.live[static_cast<std::size_t>(j)];
    return {.index = s.first + signal.index,
            .lambda = signal.lambda,
            .exponent = signal.scale.exponent,
            .y = s.y.column(j),
            .r = s.r.column(j),
            .c = s.c.column(j),
            .z = s.z.column(j),
            .x = s.x.column(j)};
  }
  MatrixView<T> running(Matrix<T>& a, const Space& s) const {
    return a.view().middle_columns(0, std::ssize(s.live));
  }

  // r = y - D z in double precision, then c = D'r.
  void correlate_codes(Space& s) const {
    for (std::int64_t j = 0; j < std::ssize(s.live); ++j) {
      std::ranges::copy(s.y.column(j), s.scratch.residual.begin());
      s.scratch.gather(s.z.column(j));
      subtract_atoms<T>(dictionary_, s.scratch.indices, s.scratch.values, s.scratch.residual);
      std::ranges::copy(s.scratch.residual, s.r.column(j).begin());
    }
    dictionary_.correlate(running(s.r, s), running(s.c, s));
  }

  // c = D'(y - D x)
  void correlate_extrapolated(Space& s) const {
    synthesis_.multiply(running(s.x, s), running(s.r, s));
    for (std::int64_t j = 0; j < std::ssize(s.live); ++j)
      for (std::int64_t i = 0; i < signals_.rows; ++i) s.r(i, j) = s.y(i, j) - s.r(i, j);
    dictionary_.correlate(running(s.r, s), running(s.c, s));
  }

  // From c = D'y: lambda, and the initial codes of signals whose code is not zero anyway.
  void set_out(std::int64_t first, Space& s) const {
    for (std::int64_t j = 0; j < std::ssize(s.live); ++j) {
      Signal& signal = s.live[static_cast<std::size_t>(j)];
      const double lambda_max =
          largest_dual<T>(penalty_, std::as_const(s.c).column(j), s.scratch.duals);
      const std::int64_t i = first + signal.index;
      signal.lambda = problem_.lambda ? std::ldexp(problem_.lambda[i], -signal.scale.exponent)
                                      : problem_.lambda_relative[i] * lambda_max;
      const bool zero = penalty_.convex() && !(signal.lambda < lambda_max);
      if (!initial_ || zero) continue;
      const CodeView<T> code = (*initial_)[i];
      for (std::size_t k = 0; k < code.nonzeros(); ++k) {
        const T value = std::ldexp(code.values[k], -signal.scale.exponent);
        if (std::isfinite(value) && !(problem_.positive && value < 0))
          s.z(code.indices[k], j) = value;
      }
    }
    if (initial_) correlate_codes(s);
    bool changed = false;
    for (std::int64_t j = 0; j < std::ssize(s.live); ++j)
      changed |= step_.start(lane(j, s), s.live[static_cast<std::size_t>(j)].state, s.scratch);
    if (changed) correlate_codes(s);
  }

  // Signals that are done give their column to the last.
  void end_signals(int iteration, Space& s, const RunState& state,
                   std::span<SignalInfo> infos) const {
    for (std::int64_t j = std::ssize(s.live) - 1; j >= 0; --j) {
      Signal& signal = s.live[static_cast<std::size_t>(j)];
      SignalInfo& info = infos[static_cast<std::size_t>(signal.index)];
      if (!ends(j, iteration, s, state, info)) continue;
      for (std::int64_t k = 0; k < dictionary_.atoms(); ++k)
        s.done(k, signal.index) = std::ldexp(s.z(k, j), signal.scale.exponent);
      for (Matrix<T>* a : {&s.y, &s.z, &s.x, &s.r, &s.c})
        std::ranges::copy(a->column(std::ssize(s.live) - 1), a->column(j).begin());
      signal = s.live.back();
      s.live.pop_back();
    }
  }

  bool ends(std::int64_t j, int iteration, Space& s, const RunState& state,
            SignalInfo& info) const {
    Signal& signal = s.live[static_cast<std::size_t>(j)];
    Measure now = step_.measure(lane(j, s), signal.state, s.scratch, iteration);
    if (now.miss < signal.least_miss) signal.in_vain = 0;
    else if (std::isfinite(now.miss)) ++signal.in_vain;
    signal.least_miss = std::min(signal.least_miss, now.miss);
    const bool diverged = !std::isfinite(now.objective);
    if (diverged) info.status = Status::stalled;
    else if (now.miss <= problem_.tolerance) info.status = Status::converged;
    else if (iteration >= problem_.max_iterations) info.status = Status::iteration_limit;
    else if (signal.in_vain * between_checks >= step_.patience()) info.status = Status::stalled;
    else if (state.stopping()) info.status = status_of(state.reason());
    else return false;
    if (diverged) {  // the zero code is better
      std::ranges::fill(s.z.column(j), T(0));
      now.objective = 0;
      for (T y : s.y.column(j)) now.objective += 0.5 * static_cast<double>(y) * y;
      if (!std::isnan(now.relative_gap)) now.relative_gap = 1;
    } else {
      step_.finish(lane(j, s), now, s.scratch);
    }
    info.iterations = iteration;
    info.objective = std::ldexp(now.objective, 2 * signal.scale.exponent);
    info.relative_gap = now.relative_gap;
    return true;
  }

  // Appends a dense code without its zero groups; returns the entries.
  std::int32_t append(std::span<const T> z, LockstepScratch<T>& s, SparseCodes<T>& codes) const {
    s.indices.clear();
    s.values.clear();
    const auto size = static_cast<std::size_t>(penalty_.size());
    for (std::size_t first = 0; first < z.size(); first += size) {
      const auto group = z.subspan(first, size);
      if (std::ranges::all_of(group, [](T v) { return v == 0; })) continue;
      for (std::size_t i = 0; i < size; ++i) {
        s.indices.push_back(static_cast<std::int32_t>(first + i));
        s.values.push_back(group[i]);
      }
    }
    codes.append(s.indices, s.values);
    return static_cast<std::int32_t>(s.values.size());
  }

  const Dictionary<T>& dictionary_;
  MatrixView<const T> signals_;
  const PenalizedProblem& problem_;
  const AnyPenalty<T>& penalty_;
  const Step& step_;
  const SparseCodes<T>* initial_;
  LeftFactor<T> synthesis_;  // D, where the step extrapolates
};

}  // namespace striate::detail
