// What the greedy solvers do alike: stopping rules, Gram columns, the search for the best atom, and
// the way of a chunk of signals through a pursuit.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "striate/linalg/kernels.h"
#include "striate/solvers/detail/chunks.h"
#include "striate/solvers/detail/penalized_problem.h"
#include "striate/solvers/pursuit.h"

namespace striate::detail {

// When a code is done; empty: no such rule, one value: for all signals, else one per signal.
struct PursuitProblem {
  std::span<const double> nonzeros = {}, residual = {};
  std::optional<double> atom_penalty = {};
  std::int64_t atoms = 0;
};

// Error that begins with `who` unless all of it fits together.
void check_pursuit(std::string_view who, const PursuitProblem& problem, std::int64_t rows,
                   std::int64_t signal_rows, std::int64_t signals);

template <class T, class Settings>
PursuitProblem make_pursuit(std::string_view who, const Dictionary<T>& dictionary,
                            MatrixView<const T> signals, const Settings& settings) {
  validate(who, settings);
  PursuitProblem problem{
      .nonzeros = settings.nonzeros, .residual = settings.residual, .atoms = dictionary.atoms()};
  if constexpr (requires { settings.atom_penalty; }) problem.atom_penalty = settings.atom_penalty;
  check_pursuit(who, problem, dictionary.rows(), signals.rows, signals.columns);
  return problem;
}

// One signal on its way, as y / 2^exponent: with the rules scaled likewise.
template <class T>
struct PursuitSignal {
  std::span<const T> y;
  T* c = nullptr;           // D'(y - D z), zero beyond the atoms up to whole blocks
  double energy = 0;        // |y|^2
  std::int64_t most = 0;    // atoms
  bool counted = false;     // `most` is a rule and not only all there are
  double target = 0;        // of the squared residual; negative: none
  double atom_penalty = 0;  // 0: none

  // Correlations c_j^2 up to this times |d_j|^2 are rounding.
  double rounding() const { return least_correlation * least_correlation * energy; }
  // Whether a squared residual carried along is too near to the target, or to
  // zero, to be trusted: then it is to be measured.
  bool doubtful(double squared) const {
    return squared <= std::max(target, 0.0) + least_correlation * energy;
  }

  static constexpr double least_correlation = 16 * std::numeric_limits<T>::epsilon();
};

// Atoms are searched in blocks; buffers that run along them end with a whole block.
template <class T>
constexpr int block_atoms = 256 / int{sizeof(T)};
template <class T>
constexpr std::int64_t whole_blocks(std::int64_t atoms) {
  return (atoms + block_atoms<T> - 1) / block_atoms<T> * block_atoms<T>;
}

// The largest of many scores >= 0, the first of equals; one running maximum per place in a block.
template <class T>
class BestAtom {
 public:
  void offer(std::int64_t block, const T* __restrict scores) {
    for (int i = 0; i < block_atoms<T>; ++i) {
      const bool better = scores[i] > best_[i];
      best_[i] = better ? scores[i] : best_[i];
      where_[i] = better ? static_cast<Index>(block) : where_[i];
    }
  }
  // -1: all scores are zero.
  std::int32_t atom() const {
    T halves[block_atoms<T>];
    std::copy_n(best_, block_atoms<T>, halves);
    for (int width = block_atoms<T> / 2; width > 0; width /= 2)
      for (int i = 0; i < width; ++i) halves[i] = std::max(halves[i], halves[i + width]);
    const T best = halves[0];
    constexpr Index none = std::numeric_limits<Index>::max();
    Index found = none;
    for (int i = 0; i < block_atoms<T>; ++i) {
      const Index atom = best_[i] == best ? where_[i] * block_atoms<T> + i : none;
      found = std::min(found, atom);
    }
    return best > 0 ? static_cast<std::int32_t>(found) : -1;
  }

 private:
  using Index = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  alignas(64) T best_[block_atoms<T>] = {};
  alignas(64) Index where_[block_atoms<T>] = {};
};

// Buffers of one worker, kept from chunk to chunk.
template <class T>
struct PursuitSpace {
  Matrix<T> y, c;                   // by signal
  std::vector<std::int32_t> atoms;  // of the code, in the order in which they came
  std::vector<T> z;                 // their coefficients
  std::vector<double> residual;     // y - D z as last measured
  std::vector<std::int32_t> order, indices;
  std::vector<T> values;
  AlignedVector<T> column, tail;
  SparseCodes<T> path;
  std::vector<double> path_residuals;
  WorkCounters work;
};

// Columns of D'D, from the Gram matrix where it is worth its memory and its making, else formed
// one by one: the bits are the same.
template <class T>
class GramColumns {
 public:
  GramColumns(const Dictionary<T>& dictionary, std::int64_t columns_wanted);
  const T* operator()(std::int32_t atom, PursuitSpace<T>& s) const;

 private:
  const Dictionary<T>& dictionary_;
  std::optional<MatrixView<const T>> gram_;
};

// Calls f(block, its part of `column`) for all atoms; the last part is filled up with zeros.
template <class T>
void for_blocks(std::int64_t atoms, const T* column, PursuitSpace<T>& s, auto f) {
  constexpr int size = block_atoms<T>;
  const std::int64_t whole = atoms / size;
  for (std::int64_t b = 0; b < whole; ++b) f(b, column + b * size);
  if (atoms == whole * size) return;
  s.tail.assign(size, T(0));
  std::copy(column + whole * size, column + atoms, s.tail.begin());
  f(whole, s.tail.data());
}

// |y - D z|^2 of the code in `s`; leaves the residual there.
template <class T>
double measure(const Dictionary<T>& dictionary, std::span<const T> y, PursuitSpace<T>& s) {
  s.residual.assign(y.begin(), y.end());
  subtract_atoms<T>(dictionary, s.atoms, s.z, s.residual);
  return dot<double>(std::ssize(s.residual), s.residual.data(), s.residual.data());
}

// Appends the code in `s` by rising index, in the signal's own units.
template <class T>
void append_code(int exponent, PursuitSpace<T>& s, SparseCodes<T>& codes) {
  s.order.resize(s.atoms.size());
  std::iota(s.order.begin(), s.order.end(), 0);
  std::ranges::sort(s.order, {}, [&](std::int32_t i) { return s.atoms[std::size_t(i)]; });
  s.indices.clear();
  s.values.clear();
  for (std::int32_t i : s.order) {
    s.indices.push_back(s.atoms[static_cast<std::size_t>(i)]);
    s.values.push_back(std::ldexp(s.z[static_cast<std::size_t>(i)], exponent));
  }
  codes.append(s.indices, s.values);
}

// Takes signals through pursue(signal, space, record), which leaves a code in the space and returns
// its status and the number of its steps. For each code of the path before the last it calls
// record(settle), where settle() leaves that code in the space; nothing is done without a path.
template <class Space, class T>
Encoding<T> encode_by_pursuit(const Dictionary<T>& dictionary, MatrixView<const T> signals,
                              const PursuitProblem& problem, PursuitPath<T>* path, const Run& run,
                              auto pursue) {
  constexpr std::int64_t chunk_signals = 128;  // whose D'y stay in the cache
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const std::int64_t atoms = dictionary.atoms(), padded = whole_blocks<T>(atoms);
  if (path) {
    path->codes.assign(static_cast<std::size_t>(signals.columns), SparseCodes<T>(atoms));
    path->residuals.assign(static_cast<std::size_t>(signals.columns), {});
  }
  const auto rule = [](std::span<const double> values, std::int64_t signal, double otherwise) {
    if (values.empty()) return otherwise;
    return values[values.size() == 1 ? 0 : static_cast<std::size_t>(signal)];
  };

  const auto code_signal = [&](std::int64_t i, std::int64_t slot, Scale scale, Space& s,
                               SparseCodes<T>& codes) {
    PursuitSignal<T> signal{.y = std::as_const(s.y).column(slot), .c = s.c.column(slot).data()};
    signal.energy = dot<double>(signals.rows, signal.y.data(), signal.y.data());
    signal.most = static_cast<std::int64_t>(rule(problem.nonzeros, i, static_cast<double>(atoms)));
    signal.counted = !problem.nonzeros.empty();
    const auto scaled = [&](double square) { return std::ldexp(square, -2 * scale.exponent); };
    signal.target = scaled(rule(problem.residual, i, -1));
    signal.atom_penalty = scaled(problem.atom_penalty.value_or(0));
    s.atoms.clear();
    s.z.clear();
    const auto record = [&](auto settle) {
      if (!path || s.atoms.empty()) return;
      settle();
      const double squared = measure(dictionary, signal.y, s);
      path->residuals[static_cast<std::size_t>(i)].push_back(
          std::ldexp(squared, 2 * scale.exponent));
      append_code(scale.exponent, s, path->codes[static_cast<std::size_t>(i)]);
    };
    SignalInfo info = pursue(signal, s, record);
    record([] {});
    info.nonzeros = static_cast<std::int32_t>(s.atoms.size());
    info.objective = std::ldexp(0.5 * measure(dictionary, signal.y, s), 2 * scale.exponent) +
                     problem.atom_penalty.value_or(0) * info.nonzeros;
    append_code(scale.exponent, s, codes);
    return info;
  };

  Encoding<T> result = encode_by_chunks<Space>(
      atoms, signals, chunk_signals, run,
      [&](std::int64_t first, std::int64_t count, Space& s, const RunState& state,
          SparseCodes<T>& codes, std::span<SignalInfo> infos) {
        if (s.c.rows() != padded) {
          s.y.resize(signals.rows, chunk_signals);
          s.c.resize(padded, chunk_signals);
          s.c.fill(0);
        }
        Scale scales[chunk_signals];
        for (std::int64_t j = 0; j < count; ++j) {
          scales[j] = scale_of(signals.column(first + j));
          if (scales[j].finite) scale_by(scales[j], signals.column(first + j), s.y.column(j));
          else std::ranges::fill(s.y.column(j), T(0));
        }
        dictionary.correlate(std::as_const(s.y).view().middle_columns(0, count),
                             {s.c.data(), atoms, count, padded});
        s.work.gradients += count;
        for (std::int64_t j = 0; j < count; ++j) {
          SignalInfo& info = infos[static_cast<std::size_t>(j)];
          if (scales[j].finite && !state.stopping()) {
            info = code_signal(first + j, j, scales[j], s, codes);
            s.work.iterations += info.iterations;
            continue;
          }
          info = scales[j].finite ? not_begun(signals.column(first + j), state.reason())
                                  : invalid_signal();
          codes.append({}, {});
        }
      });
  for (SignalInfo& info : result.info.signals) info.relative_gap = nan;  // there is no dual
  if (path) path->info = result.info;
  return result;
}

}  // namespace striate::detail
