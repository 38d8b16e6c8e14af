#include "striate/solvers/mp.h"

#include "striate/solvers/detail/pursuit.h"

namespace striate {
namespace {

using namespace detail;

template <class T>
struct MatchingSignal : PursuitSignal<T> {
  std::int32_t atom = -1;  // of the last step
  T change = 0;            // its t
};

template <class T>
struct MatchingPursuit {
  using Signal = MatchingSignal<T>;

  const Dictionary<T>& dictionary;
  const GramColumns<T> gram;
  int max_iterations;
  AlignedVector<T> weights;  // 1 / |d_j|; 0 for zero atoms

  std::int64_t together() const { return gram.together(); }

  bool step(Signal& signal, PursuitSpace<T>& s, auto record) const {
    if (signal.squared <= signal.target) return false;
    const std::int32_t j = signal.steps == 0 ? first_atom(signal, s) : advance(signal, s);
    const double squared_norm = j < 0 ? 0 : dictionary.squared_norms()[static_cast<std::size_t>(j)];
    const double c = j < 0 ? 0 : signal.c[j];
    const auto place = std::ranges::find(signal.atoms, j) - signal.atoms.begin();
    const bool joins = place == std::ssize(signal.atoms);
    signal.status = Status::converged;
    if (joins && place == signal.most && signal.counted) return false;
    signal.status = Status::exhausted;
    if (c * c <= signal.rounding() * squared_norm || signal.squared <= signal.rounding())
      return false;
    signal.status = Status::iteration_limit;
    if (signal.steps == max_iterations) return false;
    signal.status = Status::converged;

    if (joins) {
      record([] {});
      signal.atoms.push_back(j);
      signal.z.push_back(0);
    }
    signal.atom = j;
    signal.change = static_cast<T>(c / squared_norm);
    signal.z[static_cast<std::size_t>(place)] += signal.change;
    gram.announce(j, s);
    ++signal.steps;
    signal.squared = std::max(signal.squared - c * c / squared_norm, 0.0);
    if (signal.doubtful()) signal.squared = measure(dictionary, signal, s);
    return true;
  }

  void end(Signal&, PursuitSpace<T>&) const {}

  void score_block(std::int64_t b, const Signal& signal, PursuitSpace<T>& s) const {
    const std::int64_t first = b * block_atoms<T>;
    const T *c = signal.c + first, *weight = weights.data() + first;
    T* __restrict scores = s.scores.data() + first;
    for (int i = 0; i < block_atoms<T>; ++i) scores[i] = std::abs(c[i]) * weight[i];
  }

  std::int32_t first_atom(const Signal& signal, PursuitSpace<T>& s) const {
    const std::int64_t blocks = std::ssize(weights) / block_atoms<T>;
    for (std::int64_t b = 0; b < blocks; ++b) score_block(b, signal, s);
    return best_atom<T>(s.scores);
  }

  // c <- c - t D'd_j for the last step, and the best atom then.
  std::int32_t advance(const Signal& signal, PursuitSpace<T>& s) const {
    for_blocks(dictionary.atoms(), gram(signal.atom, s), s, [&](std::int64_t b, const T* column) {
      axpy(block_atoms<T>, -signal.change, column, signal.c + b * block_atoms<T>);
      score_block(b, signal, s);
    });
    return best_atom<T>(s.scores);
  }
};

template <class T>
Encoding<T> solve(const Dictionary<T>& dictionary, MatrixView<const T> signals,
                  const MpSettings& settings, PursuitPath<T>* path, const Run& run) {
  const PursuitProblem problem = make_pursuit("mp", dictionary, signals, settings);
  const std::int64_t atoms = dictionary.atoms();
  MatchingPursuit<T> pursuit{
      dictionary, GramColumns<T>(dictionary, 4 * signals.columns, run.threads),
      settings.max_iterations, AlignedVector<T>(static_cast<std::size_t>(whole_blocks<T>(atoms)))};
  for (std::size_t j = 0; j < static_cast<std::size_t>(atoms); ++j)
    if (const T squared = dictionary.squared_norms()[j]; squared > 0 && std::isfinite(squared))
      pursuit.weights[j] = 1 / std::sqrt(squared);
  return PursuitFrame(dictionary, signals, problem, pursuit, path).run(run);
}

}  // namespace

template <class T>
Encoding<T> mp(const Dictionary<T>& dictionary, Signals<T> signals, const MpSettings& settings,
               const Run& run) {
  return solve<T>(dictionary, signals, settings, nullptr, run);
}

template <class T>
PursuitPath<T> mp_path(const Dictionary<T>& dictionary, Signals<T> signals,
                       const MpSettings& settings, const Run& run) {
  PursuitPath<T> path;
  solve(dictionary, signals, settings, &path, run);
  return path;
}

#define STRIATE_INSTANTIATE(T)                                                              \
  template Encoding<T> mp(const Dictionary<T>&, Signals<T>, const MpSettings&, const Run&); \
  template PursuitPath<T> mp_path(const Dictionary<T>&, Signals<T>, const MpSettings&, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
