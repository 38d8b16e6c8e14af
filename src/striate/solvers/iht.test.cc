#include "striate/solvers/iht.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "striate/dictionaries/constructors.h"
#include "striate/linalg/cholesky.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

// Least squares on a support by normal equations: half the squared residual.
double refit(const Matrix<double>& d, std::span<const double> y, const std::vector<int>& support,
             std::vector<double>* solution = nullptr) {
  const auto n = std::int64_t(support.size());
  Matrix<double> gram(n, n);
  std::vector<double> x(support.size());
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t r = 0; r < d.rows(); ++r) {
      x[std::size_t(i)] += d(r, support[std::size_t(i)]) * y[std::size_t(r)];
      for (std::int64_t j = 0; j < n; ++j)
        gram(i, j) += d(r, support[std::size_t(i)]) * d(r, support[std::size_t(j)]);
    }
  EXPECT_TRUE(cholesky_factor(gram.view(), 0));
  cholesky_solve(std::as_const(gram).view(), std::span(x));
  double sum = 0;
  for (std::int64_t r = 0; r < d.rows(); ++r) {
    double left = y[std::size_t(r)];
    for (std::int64_t i = 0; i < n; ++i) left -= d(r, support[std::size_t(i)]) * x[std::size_t(i)];
    sum += left * left / 2;
  }
  if (solution) *solution = x;
  return sum;
}

// The smallest objective of any k of the atoms.
double best_subset(const Matrix<double>& d, std::span<const double> y, int k) {
  double best = std::numeric_limits<double>::infinity();
  for (unsigned set = 0; set < 1u << d.columns(); ++set) {
    std::vector<int> support;
    for (int j = 0; j < d.columns(); ++j)
      if (set >> j & 1) support.push_back(j);
    if (int(support.size()) == k) best = std::min(best, refit(d, y, support));
  }
  return best;
}

TEST(Iht, KeepsTheLargestCorrelationsWithOrthonormalAtoms) {
  const auto atoms = random_atoms<double>(12, 12, 1, 12);
  const Matrix<double> signals = random_matrix<double>(12, 5, 2);
  for (bool constant : {false, true}) {
    const auto [codes, info] =
        iht<double>(Dictionary<double>(atoms.view()), signals,
                    {.nonzeros = 4, .constant_step = constant, .tolerance = 1e-14});
    EXPECT_TRUE(info.converged());
    const Matrix<double> z = codes.to_dense();
    for (int j = 0; j < 5; ++j) {
      std::vector<double> b(12);
      for (int k = 0; k < 12; ++k)
        for (int i = 0; i < 12; ++i) b[std::size_t(k)] += atoms(i, k) * signals(i, j);
      std::vector<double> sizes;
      for (double x : b) sizes.push_back(std::abs(x));
      std::ranges::sort(sizes, std::greater());
      for (int k = 0; k < 12; ++k) {
        const double x = b[std::size_t(k)];
        EXPECT_NEAR(z(k, j), std::abs(x) >= sizes[3] ? x : 0, 1e-12);
      }
    }
  }
}

// No code can be better than the best subset; on mild dictionaries many are that subset.
TEST(Iht, IsBoundedByTheBestSubset) {
  const auto p =
      plant<double>({.rows = 16, .atoms = 12, .nonzeros = 3, .signals = 40, .noise = .1});
  const Dictionary<double> dictionary(p.dictionary.view());
  const Judge judge(p.dictionary.view(), {});
  for (bool constant : {false, true}) {
    const auto [codes, info] = iht<double>(
        dictionary, p.signals, {.nonzeros = 3, .constant_step = constant, .debias = true});
    EXPECT_TRUE(info.converged());
    int best = 0;
    for (int j = 0; j < 40; ++j) {
      const auto y = p.signals.column(j);
      const double reached = judge.objective(y, codes[j]);
      const double bound = best_subset(p.dictionary, y, 3);
      EXPECT_GE(reached, bound - 1e-12);
      EXPECT_LE(codes[j].nonzeros(), 3u);
      best += reached < bound + 1e-10;
    }
    EXPECT_GE(best, 20) << constant;
  }
}

TEST(Iht, DebiasIsLeastSquaresOnTheSupport) {
  const auto p =
      plant<double>({.rows = 20, .atoms = 40, .nonzeros = 5, .signals = 20, .noise = .1});
  const Dictionary<double> dictionary(p.dictionary.view());
  const IhtSettings settings{.nonzeros = 5, .tolerance = 1e-2};
  IhtSettings with = settings;
  with.debias = true;
  const auto plain = iht<double>(dictionary, p.signals, settings);
  const auto refitted = iht<double>(dictionary, p.signals, with);
  for (int j = 0; j < 20; ++j) {
    const auto code = refitted.codes[j];
    EXPECT_TRUE(std::ranges::equal(code.indices, plain.codes[j].indices));
    std::vector<double> x;
    const double best =
        refit(p.dictionary, p.signals.column(j), {code.indices.begin(), code.indices.end()}, &x);
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(code.values[i], x[i], 1e-10);
    EXPECT_NEAR(refitted.info.signals[std::size_t(j)].objective, best, 1e-12);
    EXPECT_GE(plain.info.signals[std::size_t(j)].objective, best - 1e-12);
  }
}

TEST(Iht, FindsWhatWasPlantedWithoutNoise) {
  const auto p = plant<double>({.rows = 64, .atoms = 96, .nonzeros = 4, .signals = 50, .seed = 5});
  const Dictionary<double> dictionary(p.dictionary.view());
  const Matrix<double> truth = p.codes.to_dense();
  const auto [codes, info] =
      iht<double>(dictionary, p.signals, {.nonzeros = 4, .tolerance = 1e-12});
  const Matrix<double> z = codes.to_dense();
  int found = 0;
  for (int j = 0; j < 50; ++j) {
    double off = 0;
    for (int k = 0; k < 96; ++k) off = std::max(off, std::abs(z(k, j) - truth(k, j)));
    found += off < 1e-9;
  }
  EXPECT_GE(found, 45);
}

TEST(Iht, TheObjectiveNeverRises) {
  auto p = plant<double>({.rows = 20, .atoms = 60, .nonzeros = 8, .signals = 5, .noise = 0.2});
  for (int k = 1; k < 60; ++k)
    for (int i = 0; i < 20; ++i) p.dictionary(i, k) += 0.7 * p.dictionary(i, k - 1);
  const Dictionary<double> dictionary(p.dictionary.view());
  for (bool constant : {false, true}) {
    std::vector<double> before(5, std::numeric_limits<double>::infinity());
    for (int iterations = 1; iterations < 30; ++iterations) {
      const auto [codes, info] = iht<double>(
          dictionary, p.signals,
          {.nonzeros = 8, .constant_step = constant, .tolerance = 0, .max_iterations = iterations});
      for (std::size_t j = 0; j < 5; ++j) {
        EXPECT_LE(info.signals[j].objective, before[j] * (1 + 1e-12));
        before[j] = info.signals[j].objective;
      }
    }
  }
}

TEST(Iht, TakesTheLowestOfEqualAtomsAndNoneOfZeros) {
  auto p = plant<double>({.rows = 10, .atoms = 6, .nonzeros = 2, .signals = 4});
  for (int i = 0; i < 10; ++i) {
    p.dictionary(i, 0) = 0;
    p.dictionary(i, 3) = p.dictionary(i, 1);
    p.dictionary(i, 5) = p.dictionary(i, 1);
  }
  Matrix<double> signals(10, 1);
  for (int i = 0; i < 10; ++i) signals(i, 0) = 2 * p.dictionary(i, 1);
  const Dictionary<double> dictionary(p.dictionary.view());
  for (bool debias : {false, true}) {
    const auto one =
        iht<double>(dictionary, signals, {.nonzeros = 1, .debias = debias, .tolerance = 1e-13});
    ASSERT_EQ(one.codes[0].nonzeros(), 1u);
    EXPECT_EQ(one.codes[0].indices[0], 1);
    EXPECT_NEAR(one.codes[0].values[0], 2, 1e-12);
    // Dependent atoms: no least squares, and still a perfect fit.
    const auto two =
        iht<double>(dictionary, signals, {.nonzeros = 2, .debias = debias, .tolerance = 1e-13});
    EXPECT_LT(two.info.objective(), 1e-20);
    const auto all =
        iht<double>(dictionary, signals, {.nonzeros = 100, .debias = debias, .tolerance = 1e-13});
    EXPECT_LT(all.info.objective(), 1e-20);
    for (std::int32_t k : all.codes[0].indices) EXPECT_NE(k, 0);
  }
}

TEST(Iht, PositiveCodesArePositive) {
  const auto p = plant<double>(
      {.rows = 40, .atoms = 60, .nonzeros = 4, .signals = 30, .noise = 0.05, .positive = true});
  const Dictionary<double> dictionary(p.dictionary.view());
  const Matrix<double> truth = p.codes.to_dense();
  const auto [codes, info] =
      iht<double>(dictionary, p.signals, {.nonzeros = 4, .debias = true, .positive = true});
  int found = 0;
  for (int j = 0; j < 30; ++j) {
    for (double z : codes[j].values) EXPECT_GT(z, 0);
    int right = 0;
    for (std::int32_t k : codes[j].indices) right += truth(k, j) > 0;
    found += right == 4;
  }
  EXPECT_GE(found, 25);
}

TEST(Iht, StartsFromGivenCodes) {
  const auto p =
      plant<double>({.rows = 30, .atoms = 40, .nonzeros = 4, .signals = 10, .noise = .1});
  const Dictionary<double> dictionary(p.dictionary.view());
  const IhtSettings settings{.nonzeros = 4, .tolerance = 1e-9};
  const auto cold = iht<double>(dictionary, p.signals, settings);
  const auto warm = iht<double>(dictionary, p.signals, settings, &cold.codes);
  for (std::size_t j = 0; j < 10; ++j) {
    EXPECT_LE(warm.info.signals[j].iterations, 10);
    EXPECT_NEAR(warm.info.signals[j].objective, cold.info.signals[j].objective, 1e-12);
  }
  // Too many to begin with: the largest are kept.
  const auto many = SparseCodes<double>::from_dense(random_matrix<double>(40, 10, 3));
  const auto [codes, info] = iht<double>(dictionary, p.signals, settings, &many);
  for (int j = 0; j < 10; ++j) EXPECT_LE(codes[j].nonzeros(), 4u);
}

}  // namespace
}  // namespace striate
