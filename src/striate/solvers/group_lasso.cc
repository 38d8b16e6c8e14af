#include "striate/solvers/group_lasso.h"

#include "striate/penalties/any_penalty.h"
#include "striate/solvers/detail/working_set.h"

namespace striate {

template <class T>
Encoding<T> group_lasso(const Dictionary<T>& dictionary, Signals<T> signals,
                        const GroupLassoSettings& settings, const SparseCodes<T>* initial,
                        const Run& run) {
  return detail::solve_by_working_sets(
      "group_lasso", dictionary, signals, settings, initial, run,
      [](const auto& problem, auto&& solve) {
        return visit_penalty<T>(problem.group_size, problem.weights, problem.positive, solve);
      });
}

#define STRIATE_INSTANTIATE(T)                                                                  \
  template Encoding<T> group_lasso(const Dictionary<T>&, Signals<T>, const GroupLassoSettings&, \
                                   const SparseCodes<T>*, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
