#include "striate/solvers/lars.h"

#include "striate/linalg/kernels.h"
#include "striate/penalties/any_penalty.h"
#include "striate/solvers/detail/chunks.h"
#include "striate/solvers/detail/homotopy.h"
#include "striate/solvers/detail/penalized_problem.h"

namespace striate {
namespace {

using namespace detail;

constexpr std::int64_t chunk_signals = 16;

// One signal on its way; the walk and its lambda are those of y / 2^exponent.
template <class T>
struct LarsSignal {
  Scale scale;
  double lambda = 0;
  bool done = false;
  std::vector<std::int32_t> indices;
  std::vector<T> values;
};

template <class T>
struct LarsSpace {
  std::unique_ptr<Homotopy<T>> homotopy;
  std::vector<LarsSignal<T>> signals;
  Matrix<T> y, b, residuals, correlations;  // by signal; b = D'y
  std::vector<double> residual;
  std::vector<T> duals;
  std::vector<LarsPath<T>>* paths = nullptr;  // take the breakpoints, if anybody asks for them
  WorkCounters work;
};

template <class T>
struct LarsSolver {
  const Dictionary<T>& dictionary;
  MatrixView<const T> signals;
  const PenalizedProblem& problem;
  const AnyPenalty<T>& penalty;
  LarsMode mode;
  const SparseCodes<T>* initial;

  void code_chunk(std::int64_t first, std::int64_t count, LarsSpace<T>& s, const RunState& state,
                  SparseCodes<T>& codes, std::span<SignalInfo> infos) const {
    begin(first, count, s, infos);
    if (initial && mode == LarsMode::lasso && !problem.nonzeros)
      keep_initial(first, count, s, infos);
    for (std::int64_t j = 0; j < count; ++j)
      if (!signal_of(j, s).done)
        infos[static_cast<std::size_t>(j)].status =
            walk(first, j, s, state, infos[static_cast<std::size_t>(j)]);
    measure(count, s, infos);
    for (std::int64_t j = 0; j < count; ++j) {
      LarsSignal<T>& signal = signal_of(j, s);
      for (T& value : signal.values) value = std::ldexp(value, signal.scale.exponent);
      codes.append(signal.indices, signal.values);
      SignalInfo& info = infos[static_cast<std::size_t>(j)];
      info.nonzeros = static_cast<std::int32_t>(signal.values.size());
      if (!signal.done) judge(info);
    }
  }

  // Scaled signals, D'y and lambda; nothing else is done for signals that are not finite.
  void begin(std::int64_t first, std::int64_t count, LarsSpace<T>& s,
             std::span<SignalInfo> infos) const {
    for (Matrix<T>* a : {&s.y, &s.residuals}) a->resize(signals.rows, chunk_signals);
    for (Matrix<T>* a : {&s.b, &s.correlations}) a->resize(dictionary.atoms(), chunk_signals);
    s.residual.resize(static_cast<std::size_t>(signals.rows));
    s.duals.resize(static_cast<std::size_t>(dictionary.atoms()));
    s.signals.resize(chunk_signals);
    s.residuals.fill(0);
    for (std::int64_t j = 0; j < count; ++j) {
      LarsSignal<T>& signal = signal_of(j, s);
      signal.indices.clear();
      signal.values.clear();
      signal.scale = scale_of(signals.column(first + j));
      signal.done = !signal.scale.finite;
      infos[static_cast<std::size_t>(j)] = signal.done ? invalid_signal() : SignalInfo{};
      if (signal.done) std::ranges::fill(s.y.column(j), T(0));
      else scale_by(signal.scale, signals.column(first + j), s.y.column(j));
    }
    dictionary.correlate(std::as_const(s.y).view().middle_columns(0, count),
                         s.b.view().middle_columns(0, count));
    s.work.gradients += count;
    for (std::int64_t j = 0; j < count; ++j) {
      LarsSignal<T>& signal = signal_of(j, s);
      signal.lambda = 0;
      if (problem.lambda)
        signal.lambda = std::ldexp(problem.lambda[first + j], -signal.scale.exponent);
      else if (problem.lambda_relative)
        signal.lambda = problem.lambda_relative[first + j] * std::sqrt(dual(s.b.column(j), s));
    }
  }

  // Codes that are good enough as they came.
  void keep_initial(std::int64_t first, std::int64_t count, LarsSpace<T>& s,
                    std::span<SignalInfo> infos) const {
    for (std::int64_t j = 0; j < count; ++j) {
      LarsSignal<T>& signal = signal_of(j, s);
      if (signal.done || signal.lambda >= std::sqrt(dual(s.b.column(j), s))) continue;
      const CodeView<T> code = (*initial)[first + j];
      for (std::size_t i = 0; i < code.nonzeros(); ++i) {
        const T value = std::ldexp(code.values[i], -signal.scale.exponent);
        if (value == 0 || !std::isfinite(value) || (problem.positive && value < 0)) continue;
        signal.indices.push_back(code.indices[i]);
        signal.values.push_back(value);
      }
    }
    measure(count, s, infos);
    for (std::int64_t j = 0; j < count; ++j) {
      LarsSignal<T>& signal = signal_of(j, s);
      const SignalInfo& info = infos[static_cast<std::size_t>(j)];
      signal.done = signal.done || info.relative_gap <= problem.tolerance;
    }
  }

  // From lambda_max to the signal's lambda; leaves the code, and the lambda that was reached where
  // the number of atoms ended the walk.
  Status walk(std::int64_t first, std::int64_t j, LarsSpace<T>& s, const RunState& state,
              SignalInfo& info) const {
    LarsSignal<T>& signal = signal_of(j, s);
    Homotopy<T>& homotopy = *s.homotopy;
    const auto record = [&] {
      if (!s.paths) return;
      LarsPath<T>& path = (*s.paths)[static_cast<std::size_t>(first + j)];
      homotopy.code(signal.scale.exponent, signal.indices, signal.values);
      path.lambdas.push_back(std::ldexp(homotopy.lambda(), signal.scale.exponent));
      path.codes.append(signal.indices, signal.values);
    };
    const auto most = problem.nonzeros ? static_cast<int>(problem.nonzeros[first + j])
                                       : std::numeric_limits<int>::max();
    homotopy.begin(s.y.column(j), s.b.column(j), most);
    record();
    const Status status = homotopy.walk(signal.lambda, state, record);
    homotopy.refine();
    homotopy.code(0, signal.indices, signal.values);
    info.iterations = homotopy.iterations();
    s.work.iterations += homotopy.iterations();
    s.work.gram_columns += homotopy.gram_columns();
    const bool given = bool(problem.lambda) || bool(problem.lambda_relative);
    if (status == Status::converged || !given)
      signal.lambda = std::max(signal.lambda, homotopy.lambda());
    return status == Status::converged && !given && signal.lambda == 0 ? Status::exhausted : status;
  }

  // Objective and gap of all codes not done, from the signals.
  void measure(std::int64_t count, LarsSpace<T>& s, std::span<SignalInfo> infos) const {
    for (std::int64_t j = 0; j < count; ++j) {
      std::ranges::copy(s.y.column(j), s.residual.begin());
      subtract_atoms<T>(dictionary, signal_of(j, s).indices, signal_of(j, s).values, s.residual);
      std::ranges::copy(s.residual, s.residuals.column(j).begin());
    }
    dictionary.correlate(std::as_const(s.residuals).view().middle_columns(0, count),
                         s.correlations.view().middle_columns(0, count));
    s.work.gradients += count;
    for (std::int64_t j = 0; j < count; ++j) {
      const LarsSignal<T>& signal = signal_of(j, s);
      if (signal.done) continue;
      const std::span<const T> c = s.correlations.column(j), r = s.residuals.column(j);
      Sums sums{.squared_dual = dual(c, s)};
      for (T x : r) sums.residual += static_cast<double>(x) * x;
      for (std::size_t i = 0; i < signal.indices.size(); ++i) {
        const std::int32_t k = signal.indices[i];
        sums.add(penalty, k, &signal.values[i], &c[static_cast<std::size_t>(k)],
                 dictionary.squared_norms()[static_cast<std::size_t>(k)]);
      }
      const Certificate now = certify(sums, signal.lambda, problem.positive);
      SignalInfo& info = infos[static_cast<std::size_t>(j)];
      info.objective = std::ldexp(now.objective, 2 * signal.scale.exponent);
      info.relative_gap = now.gap == 0 ? 0 : now.gap / now.objective;
    }
  }

  // What the measured gap makes of the status that the walk ended with.
  void judge(SignalInfo& info) const {
    if (mode == LarsMode::lars || (info.status == Status::exhausted && info.relative_gap > 0)) {
      info.relative_gap = std::numeric_limits<double>::quiet_NaN();
    } else if (info.relative_gap <= problem.tolerance && info.status != Status::exhausted) {
      info.status = Status::converged;
    } else if (info.status == Status::converged) {
      info.status = Status::stalled;
    }
  }

  // The square of the dual norm of c.
  double dual(std::span<const T> c, LarsSpace<T>& s) const {
    penalty.squared_duals(c, s.duals);
    return largest(std::ssize(s.duals), s.duals.data());
  }

  static LarsSignal<T>& signal_of(std::int64_t j, LarsSpace<T>& s) {
    return s.signals[static_cast<std::size_t>(j)];
  }
};

// Calls f(solver, rules of its walks) for settings that fit.
template <class T, class F>
auto with_solver(const Dictionary<T>& dictionary, MatrixView<const T> signals,
                 const LarsSettings& settings, const SparseCodes<T>* initial, F f) {
  constexpr std::string_view who = "lars";
  const PenalizedProblem problem = make_problem(who, dictionary, signals, settings, initial);
  for (double count : *problem.nonzeros)
    if (count != std::floor(count))
      throw Error(who, ": nonzeros is ", count, "; it must be a whole number");
  if (settings.positive && settings.mode == LarsMode::lars)
    throw Error(who, ": positive in mode lars; only mode lasso keeps coefficients positive");
  if (settings.positive && std::ranges::count(problem.weights, 0.0) > 0)
    throw Error(who, ": positive with a penalty weight of 0; the path needs a code that is known ",
                "for large lambda: use lasso, or weights above 0");
  const auto penalty = make_penalty<T>(1, problem.weights, problem.positive);
  const HomotopyRules rules{.weights = problem.weights,
                            .positive = problem.positive,
                            .drops = settings.mode == LarsMode::lasso,
                            .max_iterations = problem.max_iterations};
  return f(LarsSolver<T>{dictionary, signals, problem, *penalty, settings.mode, initial}, rules);
}

template <class T>
Encoding<T> solve(const Dictionary<T>& dictionary, MatrixView<const T> signals,
                  const LarsSettings& settings, const SparseCodes<T>* initial,
                  std::vector<LarsPath<T>>* paths, const Run& run) {
  const auto code = [&](const LarsSolver<T>& solver, const HomotopyRules& rules) {
    return encode_by_chunks<LarsSpace<T>>(
        dictionary.atoms(), signals, chunk_signals, run,
        [&](std::int64_t first, std::int64_t count, LarsSpace<T>& s, auto&&... rest) {
          if (!s.homotopy) s.homotopy = std::make_unique<Homotopy<T>>(dictionary, rules);
          s.paths = paths;
          solver.code_chunk(first, count, s, rest...);
        });
  };
  return with_solver(dictionary, signals, settings, initial, code);
}

}  // namespace

template <class T>
Encoding<T> lars(const Dictionary<T>& dictionary, Signals<T> signals, const LarsSettings& settings,
                 const SparseCodes<T>* initial, const Run& run) {
  return solve<T>(dictionary, signals, settings, initial, nullptr, run);
}

template <class T>
std::vector<LarsPath<T>> lars_paths(const Dictionary<T>& dictionary, Signals<T> signals,
                                    const LarsSettings& settings, const Run& run) {
  std::vector<LarsPath<T>> paths(
      static_cast<std::size_t>(signals.columns),
      LarsPath<T>{.lambdas = {}, .codes = SparseCodes<T>(dictionary.atoms()), .info = {}});
  const Encoding<T> ends = solve<T>(dictionary, signals, settings, nullptr, &paths, run);
  for (std::size_t j = 0; j < paths.size(); ++j) paths[j].info = ends.info.signals[j];
  return paths;
}

template <class T>
LarsPath<T> lars_path(const Dictionary<T>& dictionary,
                      std::type_identity_t<std::span<const T>> signal, const LarsSettings& settings,
                      const Run& run) {
  const MatrixView<const T> one(signal.data(), std::ssize(signal), 1);
  return std::move(lars_paths<T>(dictionary, one, settings, run).front());
}

#define STRIATE_INSTANTIATE(T)                                                                   \
  template Encoding<T> lars(const Dictionary<T>&, Signals<T>, const LarsSettings&,               \
                            const SparseCodes<T>*, const Run&);                                  \
  template std::vector<LarsPath<T>> lars_paths(const Dictionary<T>&, Signals<T>,                 \
                                               const LarsSettings&, const Run&);                 \
  template LarsPath<T> lars_path(const Dictionary<T>&, std::type_identity_t<std::span<const T>>, \
                                 const LarsSettings&, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
