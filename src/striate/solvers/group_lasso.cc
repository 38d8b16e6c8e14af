#include "striate/solvers/group_lasso.h"

#include "striate/solvers/detail/working_set.h"

namespace striate {

template <class T>
Encoding<T> group_lasso(const Dictionary<T>& dictionary, Signals<T> signals,
                        const GroupLassoSettings& settings, const SparseCodes<T>* initial,
                        const Run& run) {
  const auto problem = detail::make_problem("group_lasso", dictionary, signals, settings, initial);
  return detail::solve_by_working_sets(dictionary, signals, problem, initial, run);
}

#define STRIATE_INSTANTIATE(T)                                                                  \
  template Encoding<T> group_lasso(const Dictionary<T>&, Signals<T>, const GroupLassoSettings&, \
                                   const SparseCodes<T>*, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
