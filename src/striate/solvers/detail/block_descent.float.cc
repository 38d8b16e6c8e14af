// make_sub_problem in single precision: a file of its own, since the penalties take long to compile.
#include "striate/solvers/detail/block_descent.h"

namespace striate::detail {

template std::unique_ptr<SubProblem<float>> make_sub_problem(const Dictionary<float>&,
                                                             const PenalizedProblem&,
                                                             const BlockSteps<float>&);

}  // namespace striate::detail
