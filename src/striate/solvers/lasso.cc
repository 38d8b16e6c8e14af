#include "striate/solvers/lasso.h"

#include "striate/penalties/any_penalty.h"
#include "striate/solvers/detail/working_set.h"

namespace striate {

template <class T>
Encoding<T> lasso(const Dictionary<T>& dictionary, Signals<T> signals,
                  const LassoSettings& settings, const SparseCodes<T>* initial, const Run& run) {
  return detail::solve_by_working_sets(
      "lasso", dictionary, signals, settings, initial, run, [](const auto& problem, auto&& solve) {
        return visit_l1<T>(problem.weights, problem.positive, solve);
      });
}

#define STRIATE_INSTANTIATE(T)                                                       \
  template Encoding<T> lasso(const Dictionary<T>&, Signals<T>, const LassoSettings&, \
                             const SparseCodes<T>*, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
