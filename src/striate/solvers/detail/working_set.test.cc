#include "striate/solvers/detail/working_set.h"

#include <gtest/gtest.h>

#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate::detail {
namespace {

TEST(WorkingSets, DoLittleWorkOnSparseProblems) {
  const auto p = plant<float>(
      {.rows = 64, .atoms = 512, .nonzeros = 6, .signals = 300, .noise = 0.02, .seed = 3});
  const PenalizedProblem problem{.lambda = 0.1, .tolerance = 1e-4, .max_iterations = 1000};
  const auto [codes, info] = solve_by_working_sets<float>(Dictionary<float>(p.dictionary.view()),
                                                          p.signals.view(), problem, nullptr, {});
  EXPECT_TRUE(info.converged());
  // A handful of full gradients per signal, and small working sets: bounds with room, so that a
  // change that lets everything in is seen.
  EXPECT_LT(info.work.gradients, 300 * 7);
  EXPECT_LT(info.work.gram_columns, 300 * 250);  // 512 a round if all came in
  EXPECT_LT(info.work.iterations, 300 * 60);
}

// Weight zero on as many atoms as there are rows: least squares there leaves nothing to the others.
TEST(WorkingSets, SolveUnpenalizedGroupsExactly) {
  const auto p = plant<double>(
      {.rows = 12, .atoms = 30, .nonzeros = 8, .signals = 5, .noise = 0.3, .seed = 4});
  for (int unpenalized : {1, 4, 12}) {
    std::vector<double> weights(30, 1.0);
    for (int k = 0; k < unpenalized; ++k) weights[std::size_t(2 * k)] = 0;
    const PenalizedProblem problem{
        .lambda = 0.2, .tolerance = 1e-10, .max_iterations = 10000, .weights = weights};
    const auto [codes, info] = solve_by_working_sets<double>(
        Dictionary<double>(p.dictionary.view()), p.signals.view(), problem, nullptr, {});
    const Judge judge(p.dictionary.view(), {.lambda = 0.2, .weights = weights});
    for (std::int64_t j = 0; j < 5; ++j)
      if (unpenalized < 12) EXPECT_LT(judge.relative_gap(p.signals.column(j), codes[j]), 1e-8);
      else EXPECT_LT(judge.objective(p.signals.column(j), codes[j]), 1e-8);
  }
}

}  // namespace
}  // namespace striate::detail
