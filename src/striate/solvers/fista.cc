#include "striate/solvers/fista.h"

#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"
#include "striate/linalg/power_iteration.h"
#include "striate/penalties/any_penalty.h"
#include "striate/solvers/detail/chunks.h"
#include "striate/solvers/detail/penalized_problem.h"

namespace striate {
namespace {

using namespace detail;

constexpr std::int64_t chunk_signals = 64;
constexpr int between_checks = 10;   // iterations
constexpr int checks_in_vain = 100;  // without a smaller gap: rounding prevents it

template <class T>
struct FistaSignal {
  std::int64_t index = 0;  // in the chunk
  Scale scale;
  double lambda = 0, t = 1, least_gap = std::numeric_limits<double>::infinity();
  int in_vain = 0;
};

// Columns of the matrices belong to the signals still running, in the order of
// `live`.
template <class T>
struct FistaSpace {
  std::vector<FistaSignal<T>> live;
  Matrix<T> y, z, x, r, c;
  Matrix<T> done;  // finished codes, by signal
  std::vector<T> next, duals;
  std::vector<double> residual;
  std::vector<std::int32_t> indices;
  std::vector<T> values;
  WorkCounters work;
};

template <class T>
struct FistaSolver {
  const Dictionary<T>& dictionary;
  MatrixView<const T> signals;
  const PenalizedProblem& problem;
  const AnyPenalty<T>& penalty;
  const SparseCodes<T>* initial;
  std::int64_t groups;
  double lipschitz;
  LeftFactor<T> synthesis;  // D

  void code_chunk(std::int64_t first, std::int64_t count, FistaSpace<T>& s, const RunState& state,
                  SparseCodes<T>& codes, std::span<SignalInfo> infos) const {
    begin(first, count, s, infos);
    for (int iteration = 0; !s.live.empty(); ++iteration) {
      if (iteration % between_checks == 0 || iteration == problem.max_iterations)
        check(first, iteration, s, state, infos);
      const auto running = static_cast<std::int64_t>(s.live.size());
      const auto columns = [&](Matrix<T>& a) { return a.view().middle_columns(0, running); };
      // c = D'(y - D x)
      synthesis.multiply(columns(s.x), columns(s.r));
      for (std::int64_t j = 0; j < running; ++j)
        for (std::int64_t i = 0; i < signals.rows; ++i) s.r(i, j) = s.y(i, j) - s.r(i, j);
      dictionary.correlate(columns(s.r), columns(s.c));
      for (std::int64_t j = 0; j < running; ++j) step(j, s);
      s.work.iterations += running;
      s.work.gradients += running;
    }
    for (std::int64_t j = 0; j < count; ++j)
      infos[static_cast<std::size_t>(j)].nonzeros = append(s.done.column(j), s, codes);
  }

  // Copies signals and initial codes, scaled.
  void begin(std::int64_t first, std::int64_t count, FistaSpace<T>& s,
             std::span<SignalInfo> infos) const {
    for (Matrix<T>* a : {&s.y, &s.r}) a->resize(signals.rows, chunk_signals);
    for (Matrix<T>* a : {&s.z, &s.x, &s.c, &s.done}) a->resize(dictionary.atoms(), chunk_signals);
    s.z.fill(0);
    s.done.fill(0);
    s.next.resize(static_cast<std::size_t>(dictionary.atoms()));
    s.residual.resize(static_cast<std::size_t>(signals.rows));
    s.live.clear();
    for (std::int64_t j = 0; j < count; ++j) {
      FistaSignal<T> signal{.index = j, .scale = scale_of(signals.column(first + j))};
      if (!signal.scale.finite) {
        infos[static_cast<std::size_t>(j)] = invalid_signal();
        continue;
      }
      const auto slot = static_cast<std::int64_t>(s.live.size());
      scale_by(signal.scale, signals.column(first + j), s.y.column(slot));
      s.live.push_back(signal);
    }
  }

  // Measures z of all running signals; those that end give their column to the
  // last.
  void check(std::int64_t first, int iteration, FistaSpace<T>& s, const RunState& state,
             std::span<SignalInfo> infos) const {
    correlate_codes(s);
    if (iteration == 0) {
      set_out(first, s);
      if (initial) correlate_codes(s);
    }
    for (auto j = static_cast<std::int64_t>(s.live.size()) - 1; j >= 0; --j) {
      FistaSignal<T>& signal = s.live[static_cast<std::size_t>(j)];
      SignalInfo& info = infos[static_cast<std::size_t>(signal.index)];
      if (!ends(j, iteration, s, state, info)) continue;
      for (std::int64_t k = 0; k < dictionary.atoms(); ++k)
        s.done(k, signal.index) = std::ldexp(s.z(k, j), signal.scale.exponent);
      const auto last = static_cast<std::int64_t>(s.live.size()) - 1;
      for (Matrix<T>* a : {&s.y, &s.z, &s.x, &s.r, &s.c})
        std::ranges::copy(a->column(last), a->column(j).begin());
      signal = s.live.back();
      s.live.pop_back();
    }
  }

  // r = y - D z in double precision, then c = D'r.
  void correlate_codes(FistaSpace<T>& s) const {
    const auto running = static_cast<std::int64_t>(s.live.size());
    for (std::int64_t j = 0; j < running; ++j) {
      std::ranges::copy(s.y.column(j), s.residual.begin());
      s.indices.clear();
      s.values.clear();
      for (std::int64_t k = 0; k < dictionary.atoms(); ++k)
        if (s.z(k, j) != 0) {
          s.indices.push_back(static_cast<std::int32_t>(k));
          s.values.push_back(s.z(k, j));
        }
      subtract_atoms<T>(dictionary, s.indices, s.values, s.residual);
      std::ranges::copy(s.residual, s.r.column(j).begin());
    }
    dictionary.correlate(s.r.view().middle_columns(0, running),
                         s.c.view().middle_columns(0, running));
  }

  // From c = D'y: lambda, the initial codes of signals whose code is not zero
  // anyway, and x = z.
  void set_out(std::int64_t first, FistaSpace<T>& s) const {
    for (std::size_t j = 0; j < s.live.size(); ++j) {
      FistaSignal<T>& signal = s.live[j];
      const auto slot = static_cast<std::int64_t>(j);
      const double lambda_max = std::sqrt(measure_duals(s.c.column(slot), s));
      signal.lambda = problem.lambda ? std::ldexp(*problem.lambda, -signal.scale.exponent)
                                     : *problem.lambda_relative * lambda_max;
      if (initial && signal.lambda < lambda_max) {
        const CodeView<T> code = (*initial)[first + signal.index];
        for (std::size_t i = 0; i < code.nonzeros(); ++i) {
          const T value = std::ldexp(code.values[i], -signal.scale.exponent);
          if (std::isfinite(value) && !(problem.positive && value < 0))
            s.z(code.indices[i], slot) = value;
        }
      }
      std::ranges::copy(s.z.column(slot), s.x.column(slot).begin());
    }
  }

  double measure_duals(std::span<const T> c, FistaSpace<T>& s) const {
    s.duals.resize(static_cast<std::size_t>(groups));
    penalty.squared_duals(c, s.duals);
    return largest(groups, s.duals.data());
  }

  bool ends(std::int64_t j, int iteration, FistaSpace<T>& s, const RunState& state,
            SignalInfo& info) const {
    FistaSignal<T>& signal = s.live[static_cast<std::size_t>(j)];
    const T *c = s.c.column(j).data(), *z = s.z.column(j).data();
    Sums sums;
    for (std::int64_t i = 0; i < signals.rows; ++i)
      sums.residual += static_cast<double>(s.r(i, j)) * s.r(i, j);
    sums.squared_dual = measure_duals(s.c.column(j), s);
    for (std::int64_t g = 0; g < groups; ++g)
      sums.add(penalty, g, z + g * penalty.size(), c + g * penalty.size(),
               static_cast<T>(lipschitz));
    const Certificate now = certify(sums, signal.lambda, problem.positive);
    signal.in_vain = now.gap < signal.least_gap ? 0 : signal.in_vain + 1;
    signal.least_gap = std::min(signal.least_gap, now.gap);
    info.iterations = iteration;
    info.objective = std::ldexp(now.objective, 2 * signal.scale.exponent);
    info.relative_gap = now.gap == 0 ? 0 : now.gap / now.objective;
    if (info.relative_gap <= problem.tolerance) info.status = Status::converged;
    else if (iteration >= problem.max_iterations) info.status = Status::iteration_limit;
    else if (signal.in_vain >= checks_in_vain) info.status = Status::stalled;
    else if (state.stopping()) info.status = status_of(state.reason());
    else return false;
    return true;
  }

  void step(std::int64_t j, FistaSpace<T>& s) const {
    FistaSignal<T>& signal = s.live[static_cast<std::size_t>(j)];
    T *x = s.x.column(j).data(), *z = s.z.column(j).data(), *next = s.next.data();
    const T* c = s.c.column(j).data();
    const auto step = static_cast<T>(1 / lipschitz);
    const auto threshold = static_cast<T>(signal.lambda / lipschitz);
    const std::int64_t atoms = dictionary.atoms();
    for (std::int64_t k = 0; k < atoms; ++k) next[k] = x[k] + step * c[k];
    penalty.prox(threshold, s.next);
    double uphill = 0;
    for (std::int64_t k = 0; k < atoms; ++k)
      uphill += static_cast<double>(x[k] - next[k]) * (next[k] - z[k]);
    if (uphill > 0) signal.t = 1;
    const double t = (1 + std::sqrt(1 + 4 * signal.t * signal.t)) / 2;
    const auto momentum = static_cast<T>((signal.t - 1) / t);
    signal.t = t;
    for (std::int64_t k = 0; k < atoms; ++k) {
      x[k] = next[k] + momentum * (next[k] - z[k]);
      z[k] = next[k];
    }
  }

  // Appends a dense code without its zero groups; returns the entries.
  std::int32_t append(std::span<const T> z, FistaSpace<T>& s, SparseCodes<T>& codes) const {
    s.indices.clear();
    s.values.clear();
    const auto size = static_cast<std::size_t>(penalty.size());
    for (std::size_t g = 0; g < static_cast<std::size_t>(groups); ++g) {
      const auto group = z.subspan(g * size, size);
      if (std::ranges::all_of(group, [](T v) { return v == 0; })) continue;
      for (std::size_t i = 0; i < size; ++i) {
        s.indices.push_back(static_cast<std::int32_t>(g * size + i));
        s.values.push_back(group[i]);
      }
    }
    codes.append(s.indices, s.values);
    return static_cast<std::int32_t>(s.values.size());
  }
};

}  // namespace

template <class T>
Encoding<T> fista(const Dictionary<T>& dictionary, Signals<T> signals,
                  const FistaSettings& settings, const SparseCodes<T>* initial, const Run& run) {
  const PenalizedProblem problem = make_problem("fista", dictionary, signals, settings, initial);
  const double eigenvalue = largest_eigenvalue(dictionary.matrix());
  const auto penalty = make_penalty<T>(problem.group_size, problem.weights, problem.positive);
  const FistaSolver<T> solver{dictionary,
                              signals,
                              problem,
                              *penalty,
                              initial,
                              dictionary.atoms() / problem.group_size,
                              eigenvalue > 0 ? eigenvalue : 1,
                              LeftFactor<T>(dictionary.matrix(), false)};
  return encode_by_chunks<FistaSpace<T>>(
      dictionary.atoms(), signals, chunk_signals, run,
      [&](auto&&... arguments) { solver.code_chunk(arguments...); });
}

#define STRIATE_INSTANTIATE(T)                                                       \
  template Encoding<T> fista(const Dictionary<T>&, Signals<T>, const FistaSettings&, \
                             const SparseCodes<T>*, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
