#include "striate/solvers/elastic_net.h"

#include "striate/solvers/detail/working_set.h"

namespace striate {

template <class T>
Encoding<T> elastic_net(const Dictionary<T>& dictionary, Signals<T> signals,
                        const ElasticNetSettings& settings, const SparseCodes<T>* initial,
                        const Run& run) {
  const auto problem = detail::make_problem("elastic_net", dictionary, signals, settings, initial);
  return detail::solve_by_working_sets(dictionary, signals, problem, initial, run);
}

#define STRIATE_INSTANTIATE(T)                                                                  \
  template Encoding<T> elastic_net(const Dictionary<T>&, Signals<T>, const ElasticNetSettings&, \
                                   const SparseCodes<T>*, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
