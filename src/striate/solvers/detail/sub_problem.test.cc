#include "striate/solvers/detail/sub_problem.h"

#include <gtest/gtest.h>

#include <numeric>

#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate::detail {
namespace {

struct Restricted {
  explicit Restricted(PenalizedProblem problem_, double correlation = 0)
      : problem(problem_),
        p(plant<double>({.rows = 40,
                         .atoms = 36,
                         .nonzeros = 12,
                         .signals = 1,
                         .group_size = problem_.group_size,
                         .noise = 0.1})) {
    for (int k = 1; k < 36; ++k)
      for (int i = 0; i < 40; ++i) p.dictionary(i, k) += correlation * p.dictionary(i, k - 1);
    for (int g = 0; g < 36 / problem.group_size; g += 2) groups.push_back(g);
    correlations.resize(36, 1);
    multiply_transposed<double>(p.dictionary.view(), p.signals.view(), correlations.view());
    residual = dot<double>(40, p.signals.data(), p.signals.data());
  }
  // The code after a descent, dense; everything outside the groups is zero.
  std::vector<double> solve(double fraction, int passes, int* used = nullptr) {
    const Dictionary<double> dictionary(p.dictionary.view());
    const BlockSteps<double> steps(dictionary, problem.group_size);
    const auto sub = make_sub_problem<double>(dictionary, problem, steps);
    for (std::int32_t g : groups) sub->let_in(g);
    const int count =
        sub->descend(correlations.data(), residual, problem.lambda[0], fraction, 0, passes);
    if (used) *used = count;
    std::vector<double> z(36);
    for (std::size_t b = 0; b < groups.size(); ++b)
      for (int i = 0; i < problem.group_size; ++i)
        z[std::size_t(groups[b] * problem.group_size + i)] =
            sub->z()[b * std::size_t(problem.group_size) + std::size_t(i)];
    return z;
  }
  // The gap of z among codes on the groups, by the judge of a dictionary of these groups alone.
  double gap(const std::vector<double>& z) const {
    Matrix<double> atoms(40, std::int64_t(groups.size()) * problem.group_size);
    std::vector<double> part;
    for (std::int32_t g : groups)
      for (int i = 0; i < problem.group_size; ++i) {
        const std::int64_t k = g * problem.group_size + i;
        std::ranges::copy(p.dictionary.column(k), atoms.column(std::ssize(part)).begin());
        part.push_back(z[std::size_t(k)]);
      }
    return Judge(atoms.view(), {.lambda = problem.lambda[0],
                                .group_size = problem.group_size,
                                .positive = problem.positive})
        .relative_gap(p.signals.view().column(0), part);
  }

  PenalizedProblem problem;
  Planted<double> p;
  std::vector<std::int32_t> groups;
  Matrix<double> correlations;
  double residual = 0;
};

TEST(SubProblem, CarriesCorrelationsAndResidualAlong) {
  for (int size : {1, 2, 3})
    for (double l2 : {0.0, 0.3}) {
      Restricted r({.lambda = 0.02, .group_size = size, .l2 = l2});
      const Dictionary<double> dictionary(r.p.dictionary.view());
      const BlockSteps<double> steps(dictionary, size, l2);
      const auto sub = make_sub_problem<double>(dictionary, r.problem, steps);
      std::vector<double> carried(r.correlations.data(), r.correlations.data() + 36), z(36);
      for (std::size_t half : {std::size_t{0}, r.groups.size() / 2}) {  // in two descents
        for (std::size_t b = half; b < half + r.groups.size() / 2; ++b) sub->let_in(r.groups[b]);
        sub->descend(carried.data(), r.residual, 0.02, 0, 0, 3);
        sub->carry(carried.data());
        r.residual = sub->residual();
      }
      for (std::size_t b = 0; b < sub->groups().size(); ++b)
        for (int i = 0; i < size; ++i)
          z[std::size_t(r.groups[b] * size + i)] = sub->z()[b * std::size_t(size) + std::size_t(i)];
      std::vector<double> rest(r.p.signals.data(), r.p.signals.data() + 40);
      for (int k = 0; k < 36; ++k) axpy(40, -z[std::size_t(k)], &r.p.dictionary(0, k), rest.data());
      for (int k = 0; k < 36; ++k)
        EXPECT_NEAR(carried[std::size_t(k)],
                    dot<double>(40, &r.p.dictionary(0, k), rest.data()) - l2 * z[std::size_t(k)],
                    1e-12);
      EXPECT_NEAR(
          r.residual,
          dot<double>(40, rest.data(), rest.data()) + l2 * dot<double>(36, z.data(), z.data()),
          1e-12);
    }
}

TEST(SubProblem, ReachesTheGapItIsAskedFor) {
  for (int size : {1, 2, 3})
    for (bool positive : {false, true})
      for (double correlation : {0.0, 0.9}) {
        Restricted r({.lambda = 0.02, .group_size = size, .positive = positive}, correlation);
        for (double fraction : {1e-2, 1e-6, 1e-11}) {
          int passes = 0;
          EXPECT_LE(r.gap(r.solve(fraction, 2000, &passes)), fraction * 1.001)
              << size << positive << correlation;
          EXPECT_LT(passes, 2000);
        }
      }
}

TEST(SubProblem, NewtonEndsWhatDescentAloneWouldNot) {
  Restricted r({.lambda = 0.01, .group_size = 2}, 0.97);
  int passes = 0;
  r.solve(1e-12, 2000, &passes);
  EXPECT_LT(passes, 150);
}

// Groups that come in one by one, each with a descent between, end where all at once do.
TEST(SubProblem, TakesGroupsInAsItGoes) {
  for (int size : {1, 2, 3}) {
    Restricted r({.lambda = 0.05, .group_size = size});
    const std::vector<double> at_once = r.solve(1e-13, 5000);
    const Dictionary<double> dictionary(r.p.dictionary.view());
    const BlockSteps<double> steps(dictionary, size);
    const auto sub = make_sub_problem<double>(dictionary, r.problem, steps);
    for (int repetition = 0; repetition < 2; ++repetition) {  // the second reuses all buffers
      sub->clear();
      for (std::int32_t g : r.groups) {
        sub->let_in(g);
        // Correlations and residual of the code so far, from the original signal.
        Matrix<double> left = r.p.signals, c(36, 1);
        for (std::size_t b = 0; b < sub->groups().size(); ++b)
          for (int i = 0; i < size; ++i)
            axpy(40, -sub->z()[b * std::size_t(size) + std::size_t(i)],
                 dictionary.atom(sub->groups()[b] * size + i).data(), left.data());
        dictionary.correlate(left.view(), c.view());
        sub->descend(c.data(), dot<double>(40, left.data(), left.data()), 0.05, 1e-13, 0, 5000);
      }
      for (std::size_t b = 0; b < r.groups.size(); ++b)
        for (int i = 0; i < size; ++i)
          EXPECT_NEAR(sub->z()[b * std::size_t(size) + std::size_t(i)],
                      at_once[std::size_t(r.groups[b] * size + i)], 1e-6);
    }
  }
}

TEST(BlockSteps, BoundTheEigenvaluesOfGroups) {
  Matrix<double> atoms(3, 6);
  atoms(0, 0) = 2;  // |d|^2 = 4, orthogonal to its partner
  atoms(1, 1) = 1;
  atoms(0, 2) = atoms(0, 3) = 1;  // the same atom twice: eigenvalues 2 and 0; the last pair is zero
  const BlockSteps<double> steps(Dictionary<double>(atoms.view()), 2);
  EXPECT_EQ(steps.curvature, (std::vector<double>{4, 2, 0}));
  EXPECT_GT(steps.repeats[1], 1);
}

}  // namespace
}  // namespace striate::detail
