#include "striate/solvers/sparse_group_lasso.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/dictionaries/constructors.h"
#include "striate/solvers/group_lasso.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

TEST(SparseGroupLasso, EndsAreTheGroupLassoAndTheLasso) {
  const auto p = plant({.rows = 20, .atoms = 40, .nonzeros = 8, .signals = 10, .noise = 0.1});
  const Dictionary<double> dictionary(p.dictionary);
  const auto run = [&](double share) {
    return sparse_group_lasso(dictionary, p.signals,
                              {.lambda = 0.1, .l1_share = share, .tolerance = 1e-12});
  };
  EXPECT_TRUE(run(0).codes ==
              group_lasso(dictionary, p.signals, {.lambda = 0.1, .tolerance = 1e-12}).codes);
  const auto lone = lasso(dictionary, p.signals, {.lambda = 0.1, .tolerance = 1e-12});
  const Matrix<double> z = run(1).codes.to_dense(), x = lone.codes.to_dense();
  for (std::size_t i = 0; i < z.size(); ++i) EXPECT_NEAR(z.data()[i], x.data()[i], 1e-5);
  // Groups of one: the lasso for any share.
  const auto one = sparse_group_lasso(
      dictionary, p.signals, {.lambda = 0.1, .group_size = 1, .l1_share = 0.3, .tolerance = 1e-12});
  EXPECT_NEAR(one.info.objective(), lone.info.objective(), 1e-10);
}

TEST(SparseGroupLasso, ShrinksTwiceWithOrthonormalAtoms) {
  const auto atoms = random_atoms<double>(12, 12, 1, 12);
  const Matrix<double> signals = random_matrix<double>(12, 5, 2);
  const double l1 = 0.3 * 0.8, l2 = 0.7 * 0.8;
  for (const int size : {1, 2, 3, 4, 12}) {
    const auto [codes, info] = sparse_group_lasso(
        Dictionary<double>(atoms), signals,
        {.lambda = 0.8, .group_size = size, .l1_share = 0.3, .tolerance = 1e-14});
    const Matrix<double> z = codes.to_dense();
    for (int j = 0; j < 5; ++j)
      for (int g = 0; g < 12; g += size) {
        std::vector<double> u(static_cast<std::size_t>(size));
        double norm = 0;
        for (int k = 0; k < size; ++k) {
          double b = 0;
          for (int i = 0; i < 12; ++i) b += atoms(i, g + k) * signals(i, j);
          u[std::size_t(k)] = std::copysign(std::max(std::abs(b) - l1, 0.0), b);
          norm += u[std::size_t(k)] * u[std::size_t(k)];
        }
        const double factor = norm > 0 ? std::max(1 - l2 / std::sqrt(norm), 0.0) : 0;
        for (int k = 0; k < size; ++k) EXPECT_NEAR(z(g + k, j), factor * u[std::size_t(k)], 1e-12);
      }
  }
}

// Zeros within groups in use, whole groups stored.
TEST(SparseGroupLasso, IsSparseWithinGroups) {
  const auto p = plant({.rows = 40, .atoms = 80, .nonzeros = 8, .signals = 20, .noise = 0.1});
  for (const bool positive : {false, true}) {
    const auto [codes, info] = sparse_group_lasso(
        Dictionary<double>(p.dictionary), p.signals,
        {.lambda = 0.1, .group_size = 4, .tolerance = 1e-9, .positive = positive});
    EXPECT_TRUE(info.converged());
    const Judge judge(p.dictionary.view(),
                      {.lambda = 0.1, .group_size = 4, .positive = positive, .l1_share = 0.5});
    std::int64_t zeros = 0;
    for (std::int64_t j = 0; j < 20; ++j) {
      EXPECT_LT(judge.relative_gap(p.signals.column(j), codes[j]), 1.1e-9);
      EXPECT_EQ(codes[j].nonzeros() % 4, 0u);
      zeros += std::ranges::count(codes[j].values, 0.0);
    }
    EXPECT_GT(zeros, 20);
    EXPECT_LT(zeros, codes.nonzeros());
  }
}

TEST(SparseGroupLasso, SolvesGroupsOfCorrelatedAtoms) {
  for (const int size : {2, 3, 20}) {
    auto p = plant(
        {.rows = 50, .atoms = 60, .nonzeros = size, .signals = 6, .group_size = size, .noise = .1});
    for (int k = 0; k < 60; ++k)
      for (int i = 0; i < 50; ++i)
        p.dictionary(i, k) = 0.3 * p.dictionary(i, k) + p.dictionary(i, k - k % size);
    const Judge judge(p.dictionary.view(), {.lambda = 0.2, .group_size = size, .l1_share = 0.5});
    const auto [codes, info] =
        sparse_group_lasso(Dictionary<double>(p.dictionary), p.signals,
                           {.lambda = 0.2, .group_size = size, .tolerance = 1e-9});
    for (int j = 0; j < 6; ++j) {
      EXPECT_EQ(info.signals[std::size_t(j)].status, Status::converged) << size;
      EXPECT_LT(judge.relative_gap(p.signals.column(j), codes[j]), 1.1e-9) << size;
    }
  }
}

TEST(SparseGroupLasso, SaysWhatIsWrong) {
  const auto p = plant({.rows = 8, .atoms = 8, .signals = 2});
  for (const double share : {-0.1, 1.1})
    EXPECT_THAT(
        [&] {
          sparse_group_lasso(Dictionary<double>(p.dictionary), p.signals,
                             {.lambda = 1, .l1_share = share});
        },
        testing::ThrowsMessage<Error>(testing::HasSubstr("l1_share")));
}

}  // namespace
}  // namespace striate
