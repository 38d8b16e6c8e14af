#include "striate/solvers/ols.h"

#include "striate/solvers/detail/orthogonal_pursuit.h"

namespace striate {
namespace {

template <class T>
Encoding<T> solve(const Dictionary<T>& dictionary, MatrixView<const T> signals,
                  const OlsSettings& settings, PursuitPath<T>* path, const Run& run) {
  const auto problem = detail::make_pursuit("ols", dictionary, signals, settings);
  return detail::pursue_orthogonally(dictionary, signals, problem, detail::AtomRule::refit, path,
                                     run);
}

}  // namespace

template <class T>
Encoding<T> ols(const Dictionary<T>& dictionary, Signals<T> signals, const OlsSettings& settings,
                const Run& run) {
  return solve<T>(dictionary, signals, settings, nullptr, run);
}

template <class T>
PursuitPath<T> ols_path(const Dictionary<T>& dictionary, Signals<T> signals,
                        const OlsSettings& settings, const Run& run) {
  PursuitPath<T> path;
  solve(dictionary, signals, settings, &path, run);
  return path;
}

#define STRIATE_INSTANTIATE(T)                                                                \
  template Encoding<T> ols(const Dictionary<T>&, Signals<T>, const OlsSettings&, const Run&); \
  template PursuitPath<T> ols_path(const Dictionary<T>&, Signals<T>, const OlsSettings&,      \
                                   const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
