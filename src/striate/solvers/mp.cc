#include "striate/solvers/mp.h"

#include "striate/solvers/detail/pursuit.h"

namespace striate {
namespace {

using namespace detail;

template <class T>
struct MatchingPursuit {
  const Dictionary<T>& dictionary;
  const GramColumns<T> gram;
  int max_iterations;
  AlignedVector<T> weights;  // 1 / |d_j|; 0 for zero atoms

  // The whole algorithm. Leaves the code in s.atoms and s.z.
  SignalInfo code_signal(const PursuitSignal<T>& signal, PursuitSpace<T>& s, auto record) const {
    double energy = signal.energy;
    SignalInfo info;
    for (std::int32_t j = best_atom(signal); energy > signal.target; ++info.iterations) {
      const double squared = j < 0 ? 0 : dictionary.squared_norms()[static_cast<std::size_t>(j)];
      const double c = j < 0 ? 0 : signal.c[j];
      info.status = Status::exhausted;
      if (c * c <= signal.rounding() * squared || energy <= signal.rounding()) return info;
      info.status = Status::iteration_limit;
      if (info.iterations == max_iterations) return info;
      info.status = Status::converged;
      const auto place = std::ranges::find(s.atoms, j) - s.atoms.begin();
      if (place == signal.most) return info;
      if (place == std::ssize(s.atoms)) {
        record([] {});
        s.atoms.push_back(j);
        s.z.push_back(0);
      }
      s.z[static_cast<std::size_t>(place)] += static_cast<T>(c / squared);
      energy = std::max(energy - c * c / squared, 0.0);
      if (signal.doubtful(energy)) energy = measure(dictionary, signal.y, s);
      if (energy > signal.target) j = step(j, static_cast<T>(c / squared), signal, s);
    }
    return info;
  }

  void score_block(std::int64_t b, const PursuitSignal<T>& signal, BestAtom<T>& best) const {
    T scores[block_atoms<T>];
    const T *c = signal.c + b * block_atoms<T>, *weight = weights.data() + b * block_atoms<T>;
    for (int i = 0; i < block_atoms<T>; ++i) scores[i] = std::abs(c[i]) * weight[i];
    best.offer(b, scores);
  }

  std::int32_t best_atom(const PursuitSignal<T>& signal) const {
    BestAtom<T> best;
    const std::int64_t blocks = std::ssize(weights) / block_atoms<T>;
    for (std::int64_t b = 0; b < blocks; ++b) score_block(b, signal, best);
    return best.atom();
  }

  // c <- c - t D'd_j, and the best atom then.
  std::int32_t step(std::int32_t j, T t, const PursuitSignal<T>& signal, PursuitSpace<T>& s) const {
    BestAtom<T> best;
    for_blocks(dictionary.atoms(), gram(j, s), s, [&](std::int64_t b, const T* column) {
      axpy(block_atoms<T>, -t, column, signal.c + b * block_atoms<T>);
      score_block(b, signal, best);
    });
    return best.atom();
  }
};

template <class T>
Encoding<T> solve(const Dictionary<T>& dictionary, MatrixView<const T> signals,
                  const MpSettings& settings, PursuitPath<T>* path, const Run& run) {
  const PursuitProblem problem = make_pursuit("mp", dictionary, signals, settings);
  const std::int64_t atoms = dictionary.atoms();
  MatchingPursuit<T> pursuit{dictionary, GramColumns<T>(dictionary, 4 * signals.columns),
                             settings.max_iterations,
                             AlignedVector<T>(static_cast<std::size_t>(whole_blocks<T>(atoms)))};
  for (std::size_t j = 0; j < static_cast<std::size_t>(atoms); ++j)
    if (const T squared = dictionary.squared_norms()[j]; squared > 0 && std::isfinite(squared))
      pursuit.weights[j] = 1 / std::sqrt(squared);
  return encode_by_pursuit<PursuitSpace<T>>(
      dictionary, signals, problem, path, run,
      [&](const auto& signal, PursuitSpace<T>& s, auto record) {
        return pursuit.code_signal(signal, s, record);
      });
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
