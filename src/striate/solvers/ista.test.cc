#include "striate/solvers/ista.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/dictionaries/constructors.h"
#include "striate/solvers/group_lasso.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

// L is estimated 5 % high, so a step keeps a twentieth of the error: 15 of them are enough.
TEST(Ista, SoftensCorrelationsWithOrthonormalAtoms) {
  const auto atoms = random_atoms<double>(12, 12, 1, 12);
  const Matrix<double> signals = random_matrix<double>(12, 5, 2);
  const double lambda = 0.3;
  const auto [codes, info] = ista<double>(Dictionary<double>(atoms.view()), signals,
                                          {.lambda = lambda, .tolerance = 1e-15});
  const Matrix<double> z = codes.to_dense();
  for (int j = 0; j < 5; ++j) {
    EXPECT_LE(info.signals[std::size_t(j)].iterations, 20);
    for (int k = 0; k < 12; ++k) {
      double b = 0;
      for (int i = 0; i < 12; ++i) b += atoms(i, k) * signals(i, j);
      EXPECT_NEAR(z(k, j), std::copysign(std::max(std::abs(b) - lambda, 0.0), b), 1e-12);
    }
  }
}

TEST(Ista, HasTheLimitOfDescent) {
  const auto p = plant<double>(
      {.rows = 30, .atoms = 40, .nonzeros = 6, .signals = 8, .group_size = 2, .noise = 0.05});
  const Dictionary<double> dictionary(p.dictionary.view());
  for (int size : {1, 2}) {
    const auto slow = ista<double>(
        dictionary, p.signals,
        {.lambda = 0.1, .group_size = size, .tolerance = 1e-13, .max_iterations = 100000});
    const auto fast = group_lasso<double>(dictionary, p.signals,
                                          {.lambda = 0.1, .group_size = size, .tolerance = 1e-13});
    EXPECT_TRUE(slow.info.converged());
    const Matrix<double> a = slow.codes.to_dense(), b = fast.codes.to_dense();
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a.data()[i], b.data()[i], 1e-5);
    EXPECT_NEAR(slow.info.objective(), fast.info.objective(), 1e-12 * fast.info.objective());
  }
}

// f(z_k) - f* <= L |z*|^2 / (2 k) from a start at zero, and f falls in every iteration.
TEST(Ista, KeepsItsRateAndNeverRises) {
  const auto p = plant<double>({.rows = 20, .atoms = 60, .nonzeros = 6, .signals = 1, .noise = .1});
  const Dictionary<double> dictionary(p.dictionary.view());
  const Judge judge(p.dictionary.view(), {.lambda = 0.02});
  const auto best = lasso<double>(dictionary, p.signals, {.lambda = 0.02, .tolerance = 1e-12});
  double squares = 0, before = std::numeric_limits<double>::infinity();
  for (double z : best.codes.values()) squares += z * z;
  for (int k : {1, 2, 3, 4, 10, 30, 100, 101, 102}) {
    const auto [codes, info] =
        ista<double>(dictionary, p.signals, {.lambda = 0.02, .tolerance = 0, .max_iterations = k});
    EXPECT_EQ(info.signals[0].status, Status::iteration_limit);
    EXPECT_EQ(info.signals[0].iterations, k);
    const double objective = judge.objective(p.signals.column(0), codes[0]);
    EXPECT_NEAR(info.objective(), objective, 1e-12);
    EXPECT_LT(objective, before);
    // L is at most the trace, here the 60 unit atoms; it is estimated 5 % high.
    EXPECT_LE(objective - best.info.objective(), 1.05 * 60 * squares / (2 * k));
    before = objective;
  }
}

}  // namespace
}  // namespace striate
