#include "striate/solvers/sparse_group_lasso.h"

#include "striate/solvers/detail/working_set.h"

namespace striate {

template <class T>
Encoding<T> sparse_group_lasso(const Dictionary<T>& dictionary, Signals<T> signals,
                               const SparseGroupLassoSettings& settings,
                               const SparseCodes<T>* initial, const Run& run) {
  const auto problem =
      detail::make_problem("sparse_group_lasso", dictionary, signals, settings, initial);
  return detail::solve_by_working_sets(dictionary, signals, problem, initial, run);
}

#define STRIATE_INSTANTIATE(T)                                                                    \
  template Encoding<T> sparse_group_lasso(const Dictionary<T>&, Signals<T>,                       \
                                          const SparseGroupLassoSettings&, const SparseCodes<T>*, \
                                          const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
