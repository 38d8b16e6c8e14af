#include "striate/solvers/detail/working_set.h"

#include <array>

#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"
#include "striate/penalties/any_penalty.h"
#include "striate/solvers/detail/chunks.h"
#include "striate/solvers/detail/sub_problem.h"

namespace striate::detail {
namespace {

constexpr std::int64_t working_set_chunk = 32;  // signals per dense product
constexpr int least_growth = 24;                // groups that may come in at once
constexpr int most_carried = 20;                // rounds between two products

// One signal on its way. Its code and residual are those of y / 2^exponent.
template <class T>
struct WorkingSignal {
  Scale scale;
  double lambda = 0, residual = 0;
  std::unique_ptr<SubProblem<T>> sub;  // the groups let in and their coefficients
  Certificate now;
  double least_gap = std::numeric_limits<double>::infinity();
  double least_objective = std::numeric_limits<double>::infinity();
  int nonzero_groups = 0, rounds_in_vain = 0;
  SignalInfo info;
};

// Buffers of one worker, kept from chunk to chunk.
template <class T>
struct WorkingSetSpace {
  std::array<WorkingSignal<T>, working_set_chunk> signals;
  std::vector<std::int32_t> live;        // signals not done; slot s of the matrices is live[s]
  Matrix<T> y, residuals, correlations;  // y by signal, the others by slot
  std::vector<double> residual;
  std::vector<T> duals;                                     // per group, squared
  std::vector<T> shrunk;                                    // per atom, prox of correlations
  std::vector<std::int32_t> violators;                      // groups
  std::vector<std::pair<std::int32_t, std::int32_t>> used;  // group, its place among those let in
  std::vector<std::int32_t> indices;
  std::vector<T> values;
  WorkCounters work;
};

template <class T>
class WorkingSetSolver {
 public:
  using Signal = WorkingSignal<T>;
  using Space = WorkingSetSpace<T>;

  WorkingSetSolver(const Dictionary<T>& dictionary, MatrixView<const T> signals,
                   const PenalizedProblem& problem, const SparseCodes<T>* initial)
      : dictionary_(dictionary),
        signals_(signals),
        problem_(problem),
        penalty_(make_penalty<T>(problem.group_size, problem.weights, problem.positive,
                                 problem.l1_share)),
        initial_(initial),
        steps_(dictionary, problem.group_size, problem.l2),
        groups_(dictionary.atoms() / problem.group_size),
        carries_(dictionary.gram_use() == GramUse::always) {
    for (std::int32_t g = 0; g < groups_; ++g)
      if (penalty_->weight(g) == 0) unpenalized_.push_back(g);
  }

  Encoding<T> run(const Run& run) const {
    if (dictionary_.gram_use() != GramUse::few) dictionary_.gram(run.threads);
    return encode_by_chunks<Space>(
        dictionary_.atoms(), signals_, working_set_chunk, run,
        [&](std::int64_t first, std::int64_t count, Space& space, const RunState& state,
            SparseCodes<T>& codes, std::span<SignalInfo> infos) {
          code_chunk(first, count, space, state);
          for (std::int64_t j = 0; j < count; ++j)
            infos[static_cast<std::size_t>(j)] = finish(j, space, codes);
        });
  }

 private:
  void code_chunk(std::int64_t first, std::int64_t count, Space& space,
                  const RunState& state) const {
    begin(first, count, space);
    correlate(space);
    set_out(first, space);
    if (initial_) correlate(space);
    for (; !space.live.empty(); correlate(space)) {
      std::size_t kept = 0;
      for (std::int64_t slot = 0; slot < std::ssize(space.live); ++slot) {
        if (done(slot, space, state)) continue;
        improve(slot, space, state);
        const std::int32_t j = space.live[static_cast<std::size_t>(slot)];
        form_residual(j, kept, space);
        space.live[kept++] = j;
      }
      space.live.resize(kept);
    }
  }

  Signal& signal_in(std::int64_t slot, Space& space) const {
    return space.signals[static_cast<std::size_t>(space.live[static_cast<std::size_t>(slot)])];
  }
  void begin(std::int64_t first, std::int64_t count, Space& space) const;
  void correlate(Space& space) const;
  void add_code(T a, const Signal& signal, std::span<T> out) const;
  double measure_unscaled(const Signal& signal, const T* c, const Sums& sums, Space& space) const;
  double measure_duals(const T* c, Space& space) const;
  void set_out(std::int64_t first, Space& space) const;
  void measure(Signal& signal, const T* c, Space& space) const;
  bool done(std::int64_t slot, Space& space, const RunState& state) const;
  bool let_in_violators(Signal& signal, Space& space) const;
  void improve(std::int64_t slot, Space& space, const RunState& state) const;
  void form_residual(std::int32_t j, std::size_t slot, Space& space) const;
  SignalInfo finish(std::int64_t j, Space& space, SparseCodes<T>& codes) const;

  const Dictionary<T>& dictionary_;
  MatrixView<const T> signals_;
  const PenalizedProblem& problem_;
  std::unique_ptr<AnyPenalty<T>> penalty_;
  const SparseCodes<T>* initial_;
  BlockSteps<T> steps_;
  std::int64_t groups_;
  bool carries_;                           // correlations, by the Gram matrix
  std::vector<std::int32_t> unpenalized_;  // groups of weight 0, let in from the outset
};

// Copies the signals scaled; zero codes.
template <class T>
void WorkingSetSolver<T>::begin(std::int64_t first, std::int64_t count, Space& space) const {
  space.y.resize(signals_.rows, working_set_chunk);
  space.residuals.resize(signals_.rows, working_set_chunk);
  space.correlations.resize(dictionary_.atoms(), working_set_chunk);
  space.residual.resize(static_cast<std::size_t>(signals_.rows));
  space.duals.resize(static_cast<std::size_t>(groups_));
  space.live.clear();
  for (std::int64_t j = 0; j < count; ++j) {
    Signal& signal = space.signals[static_cast<std::size_t>(j)];
    if (!signal.sub) signal.sub = make_sub_problem(dictionary_, problem_, steps_);
    signal.sub->clear();
    for (std::int32_t g : unpenalized_) signal.sub->let_in(g);
    signal.least_gap = signal.least_objective = std::numeric_limits<double>::infinity();
    signal.rounds_in_vain = 0;
    signal.info = {};
    const std::span<const T> y = signals_.column(first + j);
    signal.scale = scale_of(y);
    if (!signal.scale.finite) {
      signal.info = invalid_signal();
      continue;
    }
    scale_by(signal.scale, y, space.y.column(j));
    form_residual(static_cast<std::int32_t>(j), space.live.size(), space);
    space.live.push_back(static_cast<std::int32_t>(j));
  }
}

// The correlations c = D'(y - D z) - l2 z of every live signal with all atoms.
template <class T>
void WorkingSetSolver<T>::correlate(Space& space) const {
  const auto count = static_cast<std::int64_t>(space.live.size());
  dictionary_.correlate(std::as_const(space.residuals).view().middle_columns(0, count),
                        space.correlations.view().middle_columns(0, count));
  space.work.gradients += count;
  if (problem_.l2 == 0) return;
  for (std::int64_t slot = 0; slot < count; ++slot)
    add_code(static_cast<T>(-problem_.l2),
             space.signals[static_cast<std::size_t>(space.live[static_cast<std::size_t>(slot)])],
             space.correlations.column(slot));
}

// out += a z for a signal's code z.
template <class T>
void WorkingSetSolver<T>::add_code(T a, const Signal& signal, std::span<T> out) const {
  const int size = penalty_->size();
  const T* z = signal.sub->z().data();
  for (std::int32_t g : signal.sub->groups()) {
    axpy(size, a, z, out.data() + std::int64_t{g} * size);
    z += size;
  }
}

// The largest squared dual norm of a signal's correlations; the groups' own go
// to space.duals.
template <class T>
double WorkingSetSolver<T>::measure_duals(const T* c, Space& space) const {
  penalty_->squared_duals({c, static_cast<std::size_t>(dictionary_.atoms())}, space.duals);
  return largest(std::ssize(space.duals), space.duals.data());
}

// From D'y: lambda, and the initial codes of signals whose code is not zero
// anyway.
template <class T>
void WorkingSetSolver<T>::set_out(std::int64_t first, Space& space) const {
  const int size = penalty_->size();
  for (std::size_t slot = 0; slot < space.live.size(); ++slot) {
    const std::int32_t j = space.live[slot];
    Signal& signal = space.signals[static_cast<std::size_t>(j)];
    const T* c = space.correlations.column(static_cast<std::int64_t>(slot)).data();
    if (problem_.lambda)
      signal.lambda = std::ldexp(problem_.lambda[first + j], -signal.scale.exponent);
    if (!problem_.lambda_relative && !initial_) continue;
    const double lambda_max = std::sqrt(measure_duals(c, space));
    if (problem_.lambda_relative) signal.lambda = problem_.lambda_relative[first + j] * lambda_max;
    if (!initial_ || signal.lambda >= lambda_max) continue;
    const CodeView<T> code = (*initial_)[first + j];
    for (std::size_t i = 0; i < code.nonzeros(); ++i) {
      const std::int32_t g = code.indices[i] / size;
      const T value = std::ldexp(code.values[i], -signal.scale.exponent);
      if (value == 0 || !std::isfinite(value) || (problem_.positive && value < 0)) continue;
      const auto groups = signal.sub->groups();
      const auto place = std::ranges::find(groups, g) - groups.begin();
      if (place == std::ssize(groups)) signal.sub->let_in(g);
      signal.sub->z()[static_cast<std::size_t>(place * size + code.indices[i] % size)] = value;
    }
    form_residual(j, slot, space);
  }
}

// Measures the code from the correlations of all atoms, and notes what comes of it. Leaves the duals
// for let_in_violators().
template <class T>
void WorkingSetSolver<T>::measure(Signal& signal, const T* c, Space& space) const {
  const int size = penalty_->size();
  Sums sums;
  sums.residual = signal.residual;
  sums.squared_dual = measure_duals(c, space);
  const T* z = signal.sub->z().data();
  for (std::int32_t g : signal.sub->groups()) {
    sums.add(*penalty_, g, z, c + std::int64_t{g} * size,
             steps_.curvature[static_cast<std::size_t>(g)]);
    z += size;
  }
  Certificate now = certify(sums, signal.lambda, problem_.positive);
  if (problem_.l2 > 0) now.gap = std::min(now.gap, measure_unscaled(signal, c, sums, space));
  signal.now = now;
  signal.nonzero_groups = sums.nonzero_groups;
}

// Measures the code, from correlations that were formed anew, and decides whether that is its end.
template <class T>
bool WorkingSetSolver<T>::done(std::int64_t slot, Space& space, const RunState& state) const {
  Signal& signal = signal_in(slot, space);
  measure(signal, space.correlations.column(slot).data(), space);
  const Certificate& now = signal.now;
  signal.info.objective = std::ldexp(now.objective, 2 * signal.scale.exponent);
  signal.info.relative_gap = now.gap == 0 ? 0 : now.gap / now.objective;
  // A round is in vain if neither the gap nor, as gaps do not fall evenly, the objective fell.
  const bool gained = now.gap < 0.9 * signal.least_gap ||
                      now.objective < signal.least_objective - 1e-3 * signal.least_gap;
  signal.rounds_in_vain = gained ? 0 : signal.rounds_in_vain + 1;
  signal.least_gap = std::min(signal.least_gap, now.gap);
  signal.least_objective = std::min(signal.least_objective, now.objective);

  if (signal.info.relative_gap <= problem_.tolerance) signal.info.status = Status::converged;
  else if (signal.info.iterations >= problem_.max_iterations)
    signal.info.status = Status::iteration_limit;
  else if (signal.rounds_in_vain >= 5) signal.info.status = Status::stalled;
  else if (state.stopping()) signal.info.status = status_of(state.reason());
  else return false;
  return true;
}

// The elastic net's other gap; often the smaller one.
template <class T>
double WorkingSetSolver<T>::measure_unscaled(const Signal& signal, const T* c, const Sums& sums,
                                             Space& space) const {
  space.shrunk.assign(c, c + dictionary_.atoms());
  add_code(static_cast<T>(problem_.l2), signal, space.shrunk);
  penalty_->prox(static_cast<T>(signal.lambda), space.shrunk);
  const std::span<const T> z = signal.sub->z();
  return unscaled_gap(sums, signal.lambda, problem_.l2,
                      dot<double>(std::ssize(z), z.data(), z.data()),
                      dot<double>(dictionary_.atoms(), space.shrunk.data(), space.shrunk.data()));
}

// Lets in the groups that violate most: those above the lowest of some levels that `most` groups
// at most exceed. False: there are none.
template <class T>
bool WorkingSetSolver<T>::let_in_violators(Signal& signal, Space& space) const {
  constexpr int levels = 4;
  for (std::int32_t g : signal.sub->groups()) space.duals[static_cast<std::size_t>(g)] = 0;
  const T* duals = space.duals.data();
  const auto bound = static_cast<T>(signal.lambda * signal.lambda), top = largest(groups_, duals);
  if (!(top > bound)) return false;
  T level[levels];
  for (int l = 0; l < levels; ++l) level[l] = bound + (top - bound) * static_cast<T>(l) / levels;
  std::int32_t above[levels] = {};
  for (std::int64_t g = 0; g < groups_; ++g)
    for (int l = 0; l < levels; ++l) above[l] += duals[g] > level[l];

  const std::int32_t most = std::max(least_growth, signal.nonzero_groups);
  int l = 0;
  while (l < levels - 1 && above[l] > most) ++l;
  space.violators.resize(static_cast<std::size_t>(groups_));
  std::size_t count = 0;
  for (std::int32_t g = 0; g < groups_; ++g) {
    space.violators[count] = g;
    count += duals[g] > level[l];
  }
  for (std::size_t i = 0; i < std::min(count, static_cast<std::size_t>(most)); ++i)
    signal.sub->let_in(space.violators[i]);
  return true;
}

// Lets in groups and descends, again while the correlations can be carried along and until these
// say that the code is done. They are only as good as rounding lets them be: done() measures.
template <class T>
void WorkingSetSolver<T>::improve(std::int64_t slot, Space& space, const RunState& state) const {
  Signal& signal = signal_in(slot, space);
  T* c = space.correlations.column(slot).data();
  for (int round = 0; round < most_carried; ++round) {
    const bool more = let_in_violators(signal, space);
    // While groups are still coming in, a rough descent serves.
    const int passes =
        signal.sub->descend(c, signal.residual, signal.lambda, 0.3 * problem_.tolerance,
                            more ? 0.3 * signal.now.gap : 0,
                            std::min(problem_.max_iterations - signal.info.iterations, 200));
    signal.info.iterations += passes;
    space.work.iterations += passes;
    space.work.gram_columns += std::ssize(signal.sub->z());
    if (!carries_ || signal.info.iterations >= problem_.max_iterations || state.stopping()) return;
    signal.sub->carry(c);
    signal.residual = signal.sub->residual();
    const double before = signal.now.gap;
    measure(signal, c, space);
    if (signal.now.gap <= 0.5 * problem_.tolerance * signal.now.objective) return;
    if (!more && signal.now.gap > 0.5 * before) return;
  }
}

// r = y - D z in double precision; the slot takes it in T. The signal's residual: |r|^2 + l2 |z|^2.
template <class T>
void WorkingSetSolver<T>::form_residual(std::int32_t j, std::size_t slot, Space& space) const {
  Signal& signal = space.signals[static_cast<std::size_t>(j)];
  const int size = penalty_->size();
  const std::int64_t m = signals_.rows;
  std::ranges::copy(space.y.column(j), space.residual.begin());
  space.indices.clear();
  space.values.clear();
  const T* z = signal.sub->z().data();
  for (std::int32_t g : signal.sub->groups())
    for (int i = 0; i < size; ++i, ++z)
      if (*z != 0) {
        space.indices.push_back(g * size + i);
        space.values.push_back(*z);
      }
  subtract_atoms<T>(dictionary_, space.indices, space.values, space.residual);
  signal.residual = dot<double>(m, space.residual.data(), space.residual.data());
  for (T value : space.values) signal.residual += problem_.l2 * static_cast<double>(value) * value;
  std::ranges::copy(space.residual, space.residuals.column(std::int64_t(slot)).begin());
}

// Appends the code of whole groups, in order, in the signal's own units.
template <class T>
SignalInfo WorkingSetSolver<T>::finish(std::int64_t j, Space& space, SparseCodes<T>& codes) const {
  Signal& signal = space.signals[static_cast<std::size_t>(j)];
  const auto size = static_cast<std::size_t>(penalty_->size());
  space.used.clear();
  const auto groups = signal.sub->groups();
  const std::span<const T> z = signal.sub->z();
  for (std::size_t b = 0; b < groups.size(); ++b)
    if (std::ranges::any_of(z.subspan(b * size, size), [](T x) { return x != 0; }))
      space.used.emplace_back(groups[b], static_cast<std::int32_t>(b));
  std::ranges::sort(space.used);
  space.indices.clear();
  space.values.clear();
  for (const auto& [g, b] : space.used)
    for (std::size_t i = 0; i < size; ++i) {
      space.indices.push_back(g * static_cast<std::int32_t>(size) + static_cast<std::int32_t>(i));
      space.values.push_back(
          std::ldexp(z[static_cast<std::size_t>(b) * size + i], signal.scale.exponent));
    }
  codes.append(space.indices, space.values);
  signal.info.nonzeros = static_cast<std::int32_t>(space.values.size());
  return signal.info;
}

}  // namespace

template <class T>
Encoding<T> solve_by_working_sets(const Dictionary<T>& dictionary, MatrixView<const T> signals,
                                  const PenalizedProblem& problem, const SparseCodes<T>* initial,
                                  const Run& run) {
  return WorkingSetSolver<T>(dictionary, signals, problem, initial).run(run);
}

#define STRIATE_INSTANTIATE(T)                                                               \
  template Encoding<T> solve_by_working_sets(const Dictionary<T>&, MatrixView<const T>,      \
                                             const PenalizedProblem&, const SparseCodes<T>*, \
                                             const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate::detail
