#include "striate/solvers/ista.h"

#include "striate/solvers/detail/proximal_gradient.h"

namespace striate {

template <class T>
Encoding<T> ista(const Dictionary<T>& dictionary, Signals<T> signals, const IstaSettings& settings,
                 const SparseCodes<T>* initial, const Run& run) {
  return detail::solve_by_proximal_gradient<false>("ista", dictionary, signals, settings, initial,
                                                   run);
}

#define STRIATE_INSTANTIATE(T)                                                     \
  template Encoding<T> ista(const Dictionary<T>&, Signals<T>, const IstaSettings&, \
                            const SparseCodes<T>*, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
