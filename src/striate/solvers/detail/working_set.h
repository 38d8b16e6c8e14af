// The shell of the solvers that work on few groups at a time: lasso with groups
// of one, elastic_net with an l2 part, group_lasso and
// sparse_group_lasso with any groups.
//
//   correlations of all groups with the residuals of a chunk of signals, one
//   dense product per signal: certificate from them; done, or
//     let in the groups that violate most, descend on the groups let in
//     (sub_problem.h), carry the correlations along by columns of the Gram
//     matrix; and again, until by them the signal is done
//   form the new residual; and again
//
// Without a Gram matrix nothing is carried along, and every round has its product.
//
// The residual is formed from the original signal in double precision each
// time, so an answer's gap and objective are measured and not carried along.
#pragma once

#include "striate/core/observer.h"
#include "striate/solvers/detail/penalized_problem.h"

namespace striate::detail {

template <class T>
Encoding<T> solve_by_working_sets(const Dictionary<T>& dictionary, MatrixView<const T> signals,
                                  const PenalizedProblem& problem, const SparseCodes<T>* initial,
                                  const Run& run);

}  // namespace striate::detail
