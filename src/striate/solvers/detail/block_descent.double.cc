// make_sub_problem in double precision: a file of its own, since the penalties take long to compile.
#include "striate/solvers/detail/block_descent.h"

namespace striate::detail {

template std::unique_ptr<SubProblem<double>> make_sub_problem(const Dictionary<double>&,
                                                              const PenalizedProblem&,
                                                              const BlockSteps<double>&);

}  // namespace striate::detail
