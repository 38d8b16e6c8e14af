#include "striate/solvers/fista.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/solvers/group_lasso.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

TEST(Fista, AgreesWithDescentOnCorrelatedAtoms) {
  auto p = plant<double>({.rows = 15, .atoms = 30, .nonzeros = 6, .signals = 5, .noise = 0.1});
  for (int k = 1; k < 30; ++k)
    for (int i = 0; i < 15; ++i) p.dictionary(i, k) += 0.7 * p.dictionary(i, k - 1);
  const Dictionary<double> dictionary(p.dictionary.view());
  for (int size : {1, 2, 5}) {
    const auto slow = fista<double>(dictionary, p.signals,
                                    {.lambda = 0.05, .group_size = size, .tolerance = 1e-9});
    const auto fast = group_lasso<double>(dictionary, p.signals,
                                          {.lambda = 0.05, .group_size = size, .tolerance = 1e-9});
    EXPECT_TRUE(slow.info.converged());
    EXPECT_NEAR(slow.info.objective(), fast.info.objective(), 2e-9 * fast.info.objective());
  }
}

// f(z_k) - f* <= 2 L |z*|^2 / (k + 1)^2 holds for any start at zero.
TEST(Fista, KeepsItsRate) {
  const auto p = plant<double>({.rows = 20, .atoms = 60, .nonzeros = 6, .signals = 1, .noise = .1});
  const Dictionary<double> dictionary(p.dictionary.view());
  const auto best = group_lasso<double>(dictionary, p.signals,
                                        {.lambda = 0.02, .group_size = 1, .tolerance = 1e-12});
  double squares = 0;
  for (double z : best.codes.values()) squares += z * z;
  for (int k : {10, 30, 100}) {
    const auto [codes, info] =
        fista<double>(dictionary, p.signals, {.lambda = 0.02, .tolerance = 0, .max_iterations = k});
    EXPECT_EQ(info.signals[0].status, Status::iteration_limit);
    EXPECT_EQ(info.signals[0].iterations, k);
    // L is at most the trace, here the 60 unit atoms; it is estimated 5 % high.
    EXPECT_LE(info.objective() - best.info.objective(), 2.1 * 60 * squares / ((k + 1) * (k + 1)));
    const Judge judge(p.dictionary.view(), {.lambda = 0.02});
    EXPECT_NEAR(info.objective(), judge.objective(p.signals.column(0), codes[0]), 1e-12);
  }
}

}  // namespace
}  // namespace striate
