#include "striate/solvers/omp.h"

#include "striate/solvers/detail/orthogonal_pursuit.h"

namespace striate {
namespace {

template <class T>
Encoding<T> solve(const Dictionary<T>& dictionary, MatrixView<const T> signals,
                  const OmpSettings& settings, PursuitPath<T>* path, const Run& run) {
  using detail::AtomRule;
  const auto problem = detail::make_pursuit("omp", dictionary, signals, settings);
  const AtomRule rule =
      settings.normalized ? AtomRule::normalized_correlation : AtomRule::correlation;
  return detail::pursue_orthogonally(dictionary, signals, problem, rule, path, run);
}

}  // namespace

template <class T>
Encoding<T> omp(const Dictionary<T>& dictionary, Signals<T> signals, const OmpSettings& settings,
                const Run& run) {
  return solve<T>(dictionary, signals, settings, nullptr, run);
}

template <class T>
PursuitPath<T> omp_path(const Dictionary<T>& dictionary, Signals<T> signals,
                        const OmpSettings& settings, const Run& run) {
  PursuitPath<T> path;
  solve(dictionary, signals, settings, &path, run);
  return path;
}

#define STRIATE_INSTANTIATE(T)                                                                \
  template Encoding<T> omp(const Dictionary<T>&, Signals<T>, const OmpSettings&, const Run&); \
  template PursuitPath<T> omp_path(const Dictionary<T>&, Signals<T>, const OmpSettings&,      \
                                   const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
