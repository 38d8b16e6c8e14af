#include "striate/solvers/data_weights.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <optional>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "striate/core/parallel.h"
#include "striate/core/timing.h"
#include "striate/solvers/detail/penalized_problem.h"

namespace striate::detail {
namespace {

// Groups of so many signals have the threads to themselves; others share them.
constexpr std::int64_t large_group = 256;

// Signals whose weights are equal.
template <class T>
struct WeightGroup {
  std::span<const T> weights;
  std::vector<std::int64_t> signals;  // rising
  std::vector<std::int32_t> rows;     // those observed
  bool plain = false;                 // all weights are 1
  std::optional<Encoding<T>> answer = {};
};

template <class T>
void check_weights(std::string_view who, MatrixView<const T> weights, MatrixView<const T> signals) {
  if (weights.rows != signals.rows || (weights.columns != 1 && weights.columns != signals.columns))
    throw Error(who, ": data_weights has ", weights.columns, " columns of ", weights.rows,
                "; it must have ", signals.rows, " values, for all signals or for each of the ",
                signals.columns);
  for (std::int64_t j = 0; j < weights.columns; ++j)
    for (T w : weights.column(j))
      if (!(w >= 0 && std::isfinite(w)))
        throw Error(who, ": data_weights holds ", w, "; each must be finite and at least 0");
}

template <class T>
std::uint64_t hash_of(std::span<const T> values) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  std::uint64_t hash = values.size();
  for (T value : values) {
    hash = (hash ^ std::bit_cast<Bits>(value)) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 32;
  }
  return hash;
}

// In the order of their first signals.
template <class T>
std::vector<WeightGroup<T>> group_by_weights(MatrixView<const T> weights, std::int64_t signals) {
  std::vector<WeightGroup<T>> groups;
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> found;  // groups by hash
  for (std::int64_t j = 0; j < signals; ++j) {
    if (weights.columns == 1 && j > 0) {
      groups.front().signals.push_back(j);
      continue;
    }
    const std::span<const T> column = weights.column(j);
    std::vector<std::size_t>& likely = found[hash_of(column)];
    const auto same = std::ranges::find_if(
        likely, [&](std::size_t g) { return std::ranges::equal(groups[g].weights, column); });
    if (same != likely.end()) {
      groups[*same].signals.push_back(j);
      continue;
    }
    likely.push_back(groups.size());
    WeightGroup<T> group{.weights = column, .signals = {j}, .rows = {}};
    for (std::size_t i = 0; i < column.size(); ++i)
      if (column[i] > 0) group.rows.push_back(static_cast<std::int32_t>(i));
    group.plain = std::ranges::all_of(column, [](T w) { return w == 1; });
    groups.push_back(std::move(group));
  }
  return groups;
}

template <class T>
class WeightedCall {
 public:
  WeightedCall(const Dictionary<T>& dictionary, MatrixView<const T> signals,
               MatrixView<const T> weights, const SparseCodes<T>* initial, const CodeSome<T>& code)
      : dictionary_(dictionary),
        signals_(signals),
        initial_(initial),
        code_(code),
        groups_(group_by_weights(weights, signals.columns)) {}

  Encoding<T> solve(const Run& run) {
    // A stop that the observer asks for must reach the groups under way.
    std::stop_source halt;
    const std::stop_callback forward(run.stop, [&] { halt.request_stop(); });
    Run whole = run;
    whole.stop = halt.get_token();
    if (run.observer)
      whole.observer = [&](const Progress& progress) {
        if (run.observer(progress)) return true;
        halt.request_stop();
        return false;
      };
    RunState state(whole, "coding", signals_.columns);
    const auto part = [&](int threads) {
      return Run{.stop = halt.get_token(),
                 .max_seconds = run.max_seconds - state.seconds(),
                 .threads = threads};
    };
    std::vector<WeightGroup<T>*> small;
    for (WeightGroup<T>& group : groups_) {
      if (group.rows.empty()) {
        leave_blank(group);
      } else if (std::ssize(group.signals) < large_group && groups_.size() > 1) {
        small.push_back(&group);
      } else if (!state.stopping()) {
        Run alone = part(run.threads);
        if (run.observer)
          alone.observer = [&](const Progress& progress) {
            Progress all = progress;
            all.done += state.done();
            all.total = signals_.columns;
            all.seconds = state.seconds();
            return whole.observer(all);
          };
        code(group, alone);
        state.advance(std::ssize(group.signals));
      }
    }
    parallel_for(
        std::ssize(small),
        [&](std::int64_t g, int) {
          code(*small[static_cast<std::size_t>(g)], part(1));
          state.advance(std::ssize(small[static_cast<std::size_t>(g)]->signals));
        },
        state);
    end_at_once(state.reason());
    Encoding<T> all = in_order();
    all.info.seconds = state.seconds();
    return all;
  }

 private:
  // Nothing is observed.
  void leave_blank(WeightGroup<T>& group) const {
    Encoding<T> answer{SparseCodes<T>(dictionary_.atoms()), {}};
    for (std::size_t j = 0; j < group.signals.size(); ++j) answer.codes.append({}, {});
    answer.info.signals.resize(group.signals.size());
    group.answer = std::move(answer);
  }

  void code(WeightGroup<T>& group, const Run& run) const {
    std::vector<T> roots;
    for (std::int32_t i : group.rows)
      roots.push_back(std::sqrt(group.weights[static_cast<std::size_t>(i)]));
    const auto rows = std::ssize(group.rows), count = std::ssize(group.signals);
    Matrix<T> signals(rows, count);
    for (std::int64_t j = 0; j < count; ++j)
      weigh(group.rows, roots, signals_.column(group.signals[static_cast<std::size_t>(j)]),
            signals.column(j));
    SparseCodes<T> start(dictionary_.atoms());
    if (initial_)
      for (std::int64_t j : group.signals)
        start.append((*initial_)[j].indices, (*initial_)[j].values);
    group.answer = code_(group.plain ? dictionary_ : weighted_atoms(group, roots), signals,
                         group.signals, initial_ ? &start : nullptr, run);
  }

  Dictionary<T> weighted_atoms(const WeightGroup<T>& group, std::span<const T> roots) const {
    Matrix<T> atoms(std::ssize(group.rows), dictionary_.atoms());
    for (std::int64_t k = 0; k < dictionary_.atoms(); ++k)
      weigh(group.rows, roots, dictionary_.atom(k), atoms.column(k));
    // The Gram matrix costs K products per atom; a signal that forms its own needs some of them.
    const bool many = 16 * std::ssize(group.signals) >= dictionary_.atoms();
    return Dictionary<T>(std::move(atoms), many ? GramUse::many : GramUse::few);
  }

  static void weigh(std::span<const std::int32_t> rows, std::span<const T> roots,
                    std::span<const T> values, std::span<T> out) {
    const std::int32_t* __restrict row = rows.data();
    const T* __restrict root = roots.data(), *from = values.data();
    T* __restrict to = out.data();
    for (std::size_t i = 0; i < rows.size(); ++i) to[i] = root[i] * from[row[i]];
  }

  // What was never begun: all of it by the solver at once, which is told to stop before it begins.
  void end_at_once(StopReason reason) {
    std::vector<WeightGroup<T>*> left;
    std::vector<std::int64_t> places;
    for (WeightGroup<T>& group : groups_)
      if (!group.answer) {
        left.push_back(&group);
        places.insert(places.end(), group.signals.begin(), group.signals.end());
      }
    if (left.empty()) return;
    Matrix<T> signals(signals_.rows, std::ssize(places));
    std::int64_t next = 0;
    for (const WeightGroup<T>* group : left)
      for (std::int64_t j : group->signals) {
        for (std::int32_t i : group->rows)
          signals(i, next) =
              std::sqrt(group->weights[static_cast<std::size_t>(i)]) * signals_(i, j);
        ++next;
      }
    std::stop_source stopped;
    stopped.request_stop();
    Run none{.max_seconds = reason == StopReason::time_limit ? 0 : INFINITY};
    if (reason != StopReason::time_limit) none.stop = stopped.get_token();
    const Encoding<T> all = code_(dictionary_, signals, places, nullptr, none);
    next = 0;
    for (WeightGroup<T>* group : left) {
      const auto count = std::ssize(group->signals);
      Encoding<T> answer{all.codes.slice(next, count), {}};
      answer.info.signals.assign(all.info.signals.begin() + next,
                                 all.info.signals.begin() + next + count);
      group->answer = std::move(answer);
      next += count;
    }
  }

  // All answers in the order of the call's signals.
  Encoding<T> in_order() {
    const auto n = static_cast<std::size_t>(signals_.columns);
    struct Place {
      const Encoding<T>* answer = nullptr;
      std::int64_t signal = 0;
    };
    std::vector<Place> places(n);
    Encoding<T> all{SparseCodes<T>(dictionary_.atoms()), {}};
    all.info.signals.resize(n);
    for (const WeightGroup<T>& group : groups_) {
      for (std::size_t j = 0; j < group.signals.size(); ++j) {
        const auto at = static_cast<std::size_t>(group.signals[j]);
        places[at] = {&*group.answer, static_cast<std::int64_t>(j)};
        all.info.signals[at] = group.answer->info.signals[j];
      }
      all.info.work += group.answer->info.work;
    }
    for (const Place& place : places) {
      const CodeView<T> code = place.answer->codes[place.signal];
      all.codes.append(code.indices, code.values);
    }
    return all;
  }

  const Dictionary<T>& dictionary_;
  MatrixView<const T> signals_;
  const SparseCodes<T>* initial_;
  const CodeSome<T>& code_;
  std::vector<WeightGroup<T>> groups_;
};

}  // namespace

template <class T>
Encoding<T> encode_weighted(std::string_view who, const Dictionary<T>& dictionary,
                            MatrixView<const T> signals, MatrixView<const T> weights,
                            const SparseCodes<T>* initial, const Run& run,
                            const CodeSome<T>& code) {
  // What the solver refuses of the settings or the signals, before any work.
  Encoding<T> none = code(dictionary, signals.middle_columns(0, 0), {}, nullptr, run);
  check_weights(who, weights, signals);
  if (initial)
    check_initial(who, dictionary.atoms(), signals.columns, initial->atoms(), initial->signals());
  if (signals.columns == 0) return none;
  return WeightedCall<T>(dictionary, signals, weights, initial, code).solve(run);
}

#define STRIATE_INSTANTIATE(T)                                                   \
  template Encoding<T> encode_weighted(std::string_view, const Dictionary<T>&,   \
                                       MatrixView<const T>, MatrixView<const T>, \
                                       const SparseCodes<T>*, const Run&, const CodeSome<T>&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate::detail
