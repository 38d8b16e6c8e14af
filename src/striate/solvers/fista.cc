#include "striate/solvers/fista.h"

#include "striate/solvers/detail/proximal_gradient.h"

namespace striate {

template <class T>
Encoding<T> fista(const Dictionary<T>& dictionary, Signals<T> signals,
                  const FistaSettings& settings, const SparseCodes<T>* initial, const Run& run) {
  return detail::solve_by_proximal_gradient<true>("fista", dictionary, signals, settings, initial,
                                                  run);
}

#define STRIATE_INSTANTIATE(T)                                                       \
  template Encoding<T> fista(const Dictionary<T>&, Signals<T>, const FistaSettings&, \
                             const SparseCodes<T>*, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
