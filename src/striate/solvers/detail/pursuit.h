// What the greedy solvers do alike: stopping rules, Gram columns, the search for the best atom, and
// the way of a chunk of signals through a pursuit.
#pragma once

#include <algorithm>
#include <array>
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

// When a code is done; empty: no such rule.
struct PursuitProblem {
  PerSignal nonzeros = {}, residual = {}, atom_penalty = {};
  std::int64_t atoms = 0;
};

// Error that begins with `who` unless all of it fits together.
void check_pursuit(std::string_view who, const PursuitProblem& problem, std::int64_t rows,
                   std::int64_t signal_rows);

template <class T, class Settings>
PursuitProblem make_pursuit(std::string_view who, const Dictionary<T>& dictionary,
                            MatrixView<const T> signals, const Settings& settings) {
  validate(who, settings);
  check_signals(who, settings, signals.columns);
  PursuitProblem problem{
      .nonzeros = settings.nonzeros, .residual = settings.residual, .atoms = dictionary.atoms()};
  if constexpr (requires { settings.atom_penalty; }) problem.atom_penalty = settings.atom_penalty;
  check_pursuit(who, problem, dictionary.rows(), signals.rows);
  return problem;
}

// One signal on its way, as y / 2^exponent: with the rules scaled likewise.
template <class T>
struct PursuitSignal {
  std::span<const T> y;
  T* c = nullptr;           // D'(y - D z), zero beyond the atoms up to whole blocks
  double energy = 0;        // |y|^2
  double squared = 0;       // |y - D z|^2, carried along or measured
  std::int64_t most = 0;    // atoms
  bool counted = false;     // `most` is a rule and not only all there are
  double target = 0;        // of the squared residual; negative: none
  double atom_penalty = 0;  // 0: none

  std::vector<std::int32_t> atoms;  // of the code, in the order in which they came
  std::vector<T> z;                 // their coefficients
  Status status = Status::converged;
  std::int32_t steps = 0;

  // Correlations c_j^2 up to this times |d_j|^2 are rounding.
  double rounding() const { return least_correlation * least_correlation * energy; }
  // Whether the squared residual, if carried along, is too near to the target or to zero to be
  // trusted: then it is to be measured.
  bool doubtful() const { return squared <= std::max(target, 0.0) + least_correlation * energy; }

  static constexpr double least_correlation = 16 * std::numeric_limits<T>::epsilon();
};

// Atoms are searched in blocks; buffers that run along them end with a whole block.
template <class T>
constexpr int block_atoms = 256 / int{sizeof(T)};
template <class T>
constexpr std::int64_t whole_blocks(std::int64_t atoms) {
  return (atoms + block_atoms<T> - 1) / block_atoms<T> * block_atoms<T>;
}

// The first of the largest of the scores, whole blocks of them; -1: none is above 0.
template <class T>
std::int32_t best_atom(std::span<const T> scores) {
  constexpr int size = block_atoms<T>;
  const T best = largest(std::ssize(scores), scores.data());
  if (!(best > 0)) return -1;
  for (std::int32_t first = 0;; first += size) {
    const T* block = scores.data() + first;
    std::int32_t found = size;
    for (std::int32_t i = 0; i < size; ++i) {
      const std::int32_t at = block[i] == best ? i : size;
      found = at < found ? at : found;
    }
    if (found < size) return first + found;
  }
}

// Buffers of one worker, kept from chunk to chunk.
template <class T>
struct PursuitSpace {
  Matrix<T> y, c;                // by signal
  std::vector<double> residual;  // y - D z as last measured
  std::vector<std::int32_t> order, indices;
  std::vector<T> values;
  AlignedVector<T> scores;  // of all atoms
  AlignedVector<T> tail;    // of a column of the Gram matrix
  std::vector<std::int32_t> announced, formed;
  Matrix<T> chosen, columns;  // the atoms of `formed`, and their columns of the Gram matrix
  WorkCounters work;
};

// Columns of D'D, from the Gram matrix where it is worth its memory and its making. Else the first
// that is asked for is formed with all that were announced since, as one product. The bits are the
// same.
template <class T>
class GramColumns {
 public:
  GramColumns(const Dictionary<T>& dictionary, std::int64_t columns_wanted, int threads);
  const T* operator()(std::int32_t atom, PursuitSpace<T>& s) const;
  // Says that a column will be wanted a while later: the cache fetches it, or it is formed then.
  void announce(std::int32_t atom, PursuitSpace<T>& s) const {
    if (gram_) prefetch(gram_->rows, gram_->column(atom).data());
    else s.announced.push_back(atom);
  }
  // Signals that should take their steps in turn.
  std::int64_t together() const { return gram_ ? 2 : 16; }

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

// |y - D z|^2, from the signal; leaves the residual in the space.
template <class T>
double measure(const Dictionary<T>& dictionary, const PursuitSignal<T>& signal,
               PursuitSpace<T>& s) {
  s.residual.assign(signal.y.begin(), signal.y.end());
  subtract_atoms<T>(dictionary, signal.atoms, signal.z, s.residual);
  return dot<double>(std::ssize(s.residual), s.residual.data(), s.residual.data());
}

// Appends a code by rising index, times 2^exponent.
template <class T>
void append_code(const PursuitSignal<T>& signal, int exponent, PursuitSpace<T>& s,
                 SparseCodes<T>& codes) {
  s.order.resize(signal.atoms.size());
  std::iota(s.order.begin(), s.order.end(), 0);
  std::ranges::sort(s.order, {}, [&](std::int32_t i) { return signal.atoms[std::size_t(i)]; });
  s.indices.clear();
  s.values.clear();
  for (std::int32_t i : s.order) {
    s.indices.push_back(signal.atoms[static_cast<std::size_t>(i)]);
    s.values.push_back(std::ldexp(signal.z[static_cast<std::size_t>(i)], exponent));
  }
  codes.append(s.indices, s.values);
}

// Takes signals through a pursuit, a few at a time, for the sake of the Gram columns that they
// announce to one another. With a path given, that is filled. A Pursuit has
//   Signal                        a PursuitSignal with what the pursuit keeps of a signal
//   step(signal, space, record)   another step; false: the code is done. Before an atom joins,
//                                 record(settle) takes note of the code so far, if there is a path;
//                                 settle() gives z its values then
//   end(signal, space)            gives z its values
//   together()                    signals at a time
template <class T, class Pursuit>
class PursuitFrame {
 public:
  PursuitFrame(const Dictionary<T>& dictionary, MatrixView<const T> signals,
               const PursuitProblem& problem, const Pursuit& pursuit, PursuitPath<T>* path)
      : dictionary_(dictionary),
        signals_(signals),
        problem_(problem),
        pursuit_(pursuit),
        path_(path) {}

  Encoding<T> run(const Run& run) const {
    if (path_) {
      path_->codes.assign(static_cast<std::size_t>(signals_.columns),
                          SparseCodes<T>(dictionary_.atoms()));
      path_->residuals.assign(static_cast<std::size_t>(signals_.columns), {});
    }
    Encoding<T> result =
        encode_by_chunks<Space>(dictionary_.atoms(), signals_, chunk_signals, run,
                                [&](auto&&... arguments) { code_chunk(arguments...); });
    for (SignalInfo& info : result.info.signals)
      info.relative_gap = std::numeric_limits<double>::quiet_NaN();  // there is no dual
    if (path_) path_->info = result.info;
    return result;
  }

 private:
  static constexpr std::int64_t chunk_signals = 128;  // whose D'y stay in the cache
  struct Lane : Pursuit::Signal {
    std::int64_t index = 0;
    int exponent = 0;
    bool running = false;
  };
  struct Space : PursuitSpace<T> {
    std::vector<Lane> lanes;
    std::array<Scale, chunk_signals> scales;
  };

  void code_chunk(std::int64_t first, std::int64_t count, Space& s, const RunState& state,
                  SparseCodes<T>& codes, std::span<SignalInfo> infos) const {
    correlate(first, count, s);
    const std::int64_t together = pursuit_.together();
    s.lanes.resize(static_cast<std::size_t>(together));
    for (std::int64_t from = 0; from < count; from += together) {
      const std::int64_t lanes = std::min(together, count - from);
      const bool stopping = state.stopping();
      s.announced.clear();
      for (std::int64_t j = 0; j < lanes; ++j)
        begin(first, from + j, !stopping, s, s.lanes[static_cast<std::size_t>(j)]);
      for (bool running = true; running;) {
        running = false;
        for (std::int64_t j = 0; j < lanes; ++j) {
          Lane& lane = s.lanes[static_cast<std::size_t>(j)];
          lane.running = lane.running && pursuit_.step(lane, s, [&](auto settle) {
            if (!path_ || lane.atoms.empty()) return;
            settle();
            record(lane, s);
          });
          running = running || lane.running;
        }
      }
      for (std::int64_t j = 0; j < lanes; ++j) {
        Lane& lane = s.lanes[static_cast<std::size_t>(j)];
        SignalInfo& info = infos[static_cast<std::size_t>(from + j)];
        if (!s.scales[static_cast<std::size_t>(from + j)].finite) info = invalid_signal();
        else if (stopping) info = not_begun(signals_.column(lane.index), state.reason());
        else info = finish(lane, s);
        append_code(lane, lane.exponent, s, codes);
        s.work.iterations += info.iterations;
      }
    }
  }

  // Copies the signals scaled, those that are not finite as zeros, and multiplies by D'.
  void correlate(std::int64_t first, std::int64_t count, Space& s) const {
    const std::int64_t atoms = dictionary_.atoms(), padded = whole_blocks<T>(atoms);
    if (s.y.columns() == 0) {
      const std::int64_t columns = std::min(chunk_signals, signals_.columns);
      s.scores.resize(static_cast<std::size_t>(padded));
      s.y.resize(signals_.rows, columns);
      s.c.resize(padded, columns);
      s.c.fill(0);
    }
    for (std::int64_t j = 0; j < count; ++j) {
      const std::span<const T> y = signals_.column(first + j);
      Scale& scale = s.scales[static_cast<std::size_t>(j)];
      scale = scale_of(y);
      if (scale.finite) scale_by(scale, y, s.y.column(j));
      else std::ranges::fill(s.y.column(j), T(0));
    }
    dictionary_.correlate(std::as_const(s.y).view().middle_columns(0, count),
                          {s.c.data(), atoms, count, padded});
    s.work.gradients += count;
  }

  static double rule(const PerSignal& values, std::int64_t signal, double otherwise) {
    return values ? values[signal] : otherwise;
  }

  // The lane is at the beginning of the signal of column `slot`.
  void begin(std::int64_t first, std::int64_t slot, bool running, Space& s, Lane& lane) const {
    const Scale scale = s.scales[static_cast<std::size_t>(slot)];
    lane.index = first + slot;
    lane.exponent = scale.exponent;
    lane.running = running && scale.finite;
    lane.y = std::as_const(s.y).column(slot);
    lane.c = s.c.column(slot).data();
    lane.energy = lane.squared = dot<double>(signals_.rows, lane.y.data(), lane.y.data());
    lane.most = static_cast<std::int64_t>(
        rule(problem_.nonzeros, lane.index, static_cast<double>(dictionary_.atoms())));
    lane.counted = bool(problem_.nonzeros);
    lane.target = std::ldexp(rule(problem_.residual, lane.index, -1), -2 * scale.exponent);
    lane.atom_penalty = std::ldexp(rule(problem_.atom_penalty, lane.index, 0), -2 * scale.exponent);
    lane.atoms.clear();
    lane.z.clear();
    lane.status = Status::converged;
    lane.steps = 0;
  }

  SignalInfo finish(Lane& lane, Space& s) const {
    pursuit_.end(lane, s);
    if (path_ && !lane.atoms.empty()) record(lane, s);
    SignalInfo info{.status = lane.status, .iterations = lane.steps};
    info.nonzeros = static_cast<std::int32_t>(lane.atoms.size());
    info.objective = std::ldexp(0.5 * measure(dictionary_, lane, s), 2 * lane.exponent) +
                     rule(problem_.atom_penalty, lane.index, 0) * info.nonzeros;
    return info;
  }

  // The code so far, as the next of the path.
  void record(const Lane& lane, Space& s) const {
    const auto i = static_cast<std::size_t>(lane.index);
    const double squared = measure(dictionary_, lane, s);
    path_->residuals[i].push_back(std::ldexp(squared, 2 * lane.exponent));
    append_code(lane, lane.exponent, s, path_->codes[i]);
  }

  const Dictionary<T>& dictionary_;
  MatrixView<const T> signals_;
  const PursuitProblem& problem_;
  const Pursuit& pursuit_;
  PursuitPath<T>* path_;
};

}  // namespace striate::detail
