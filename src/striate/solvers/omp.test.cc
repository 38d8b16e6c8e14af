#include "striate/solvers/omp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/problems/plant.h"
#include "tests/problems/refit.h"
#include "tests/problems/scikit_learn.h"

namespace striate {
namespace {

// Atoms of norms from 0.1 to 10, so that the two rules differ.
Planted<double> uneven(std::int64_t signals) {
  auto p =
      plant<double>({.rows = 12, .atoms = 30, .nonzeros = 4, .signals = signals, .noise = 0.2});
  for (int k = 0; k < 30; ++k)
    for (double& x : p.dictionary.column(k)) x *= std::pow(10, k % 5 / 2.0 - 1);
  return p;
}

std::vector<Refit> by_definition(const Planted<double>& p, std::int64_t signal, int most,
                                 bool normalized) {
  const MatrixView<const double> d = p.dictionary.view();
  return grow(d, p.signals.column(signal), most, [&](const Refit& now, std::int32_t j) {
    const double norm = std::sqrt(product(d.column(j), d.column(j)));
    return std::abs(product(d.column(j), now.residual)) / (normalized ? norm : 1);
  });
}

void expect_code(const CodeView<double>& code, const Refit& expected) {
  ASSERT_EQ(code.nonzeros(), expected.atoms.size());
  for (std::size_t i = 0; i < code.nonzeros(); ++i) {
    const auto at = std::ranges::find(expected.atoms, code.indices[i]) - expected.atoms.begin();
    ASSERT_LT(at, std::ssize(expected.atoms)) << code.indices[i];
    const double z = expected.z[static_cast<std::size_t>(at)];
    EXPECT_NEAR(code.values[i], z, 1e-9 * std::abs(z) + 1e-10);
  }
}

TEST(Omp, IsTheDefinitionAtEveryNumberOfAtoms) {
  const auto p = uneven(6);
  const Dictionary<double> dictionary(p.dictionary.view());
  for (bool normalized : {false, true}) {
    const auto path =
        omp_path<double>(dictionary, p.signals, {.nonzeros = {8}, .normalized = normalized});
    for (std::int64_t j = 0; j < 6; ++j) {
      const auto i = static_cast<std::size_t>(j);
      const auto expected = by_definition(p, j, 8, normalized);
      ASSERT_EQ(path.codes[i].signals(), 8);
      for (std::int64_t k = 1; k <= 8; ++k) {
        const Refit& refit = expected[std::size_t(k - 1)];
        expect_code(path.codes[i][k - 1], refit);
        EXPECT_NEAR(path.residuals[i][std::size_t(k - 1)], refit.squared, 1e-12);
      }
    }
    for (int k : {0, 1, 5, 8}) {  // a run for k atoms ends where the path passes
      const auto [codes, info] =
          omp<double>(dictionary, p.signals, {.nonzeros = {double(k)}, .normalized = normalized});
      for (std::int64_t j = 0; j < 6; ++j) {
        EXPECT_EQ(info.signals[std::size_t(j)].status, Status::converged);
        EXPECT_EQ(info.signals[std::size_t(j)].nonzeros, k);
        EXPECT_TRUE(codes.slice(j, 1) ==
                    (k == 0 ? SparseCodes<double>::from_dense(Matrix<double>(30, 1))
                            : path.codes[std::size_t(j)].slice(k - 1, 1)));
      }
    }
  }
}

// scikit-learn 1.2.1, sparse_encode(algorithm="omp", n_nonzero_coefs=3).
TEST(Omp, IsThatOfScikitLearn) {
  const Dictionary<double> dictionary(scikit_learn_atoms().view());
  const auto [codes, info] = omp<double>(dictionary, scikit_learn_signals(), {.nonzeros = {3}});
  EXPECT_EQ(codes.nonzeros(), 30);
  double sum = 0;
  for (double z : codes.values()) sum += std::abs(z);
  EXPECT_NEAR(sum, 48.0526105592, 1e-9);
  EXPECT_NEAR(2 * info.objective(), 17.3914520402, 1e-9);
}

TEST(Omp, FindsSparseCodesExactly) {
  const auto p = plant<double>({.rows = 64, .atoms = 128, .nonzeros = 4, .signals = 50});
  const auto [codes, info] =
      omp<double>(Dictionary<double>(p.dictionary.view()), p.signals, {.residual = {1e-20}});
  EXPECT_TRUE(info.converged());
  for (std::int64_t j = 0; j < 50; ++j) {
    ASSERT_TRUE(std::ranges::equal(codes[j].indices, p.codes[j].indices)) << j;
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_NEAR(codes[j].values[i], p.codes[j].values[i], 1e-12);
  }
}

TEST(Omp, EndsAtTheResidualOfEachSignal) {
  const auto p = uneven(5);
  const Dictionary<double> dictionary(p.dictionary.view());
  std::vector<double> targets, counts;
  for (std::int64_t j = 0; j < 5; ++j) {
    targets.push_back(by_definition(p, j, 8, false)[std::size_t(j)].squared * (1 + 1e-9));
    counts.push_back(static_cast<double>(j + 1));
  }
  const auto exact = omp<double>(dictionary, p.signals, {.residual = targets});
  EXPECT_TRUE(exact.info.converged());
  const auto counted = omp<double>(dictionary, p.signals, {.nonzeros = counts});
  EXPECT_TRUE(exact.codes == counted.codes);
  // Whichever rule is met first.
  const auto both = omp<double>(dictionary, p.signals, {.nonzeros = {2}, .residual = targets});
  for (std::int64_t j = 0; j < 5; ++j)
    EXPECT_EQ(both.codes[j].nonzeros(), std::size_t(std::min<std::int64_t>(2, j + 1)));
}

TEST(Omp, TakesAtomsWhileTheyGainMoreThanTheyCost) {
  const auto p = uneven(5);
  const double penalty = 0.05;
  const auto [codes, info] =
      omp<double>(Dictionary<double>(p.dictionary.view()), p.signals, {.atom_penalty = penalty});
  EXPECT_TRUE(info.converged());
  for (std::int64_t j = 0; j < 5; ++j) {
    const auto path = by_definition(p, j, 12, false);
    double before = product(p.signals.column(j), p.signals.column(j));
    std::size_t count = 0;
    while (before - path[count].squared >= 2 * penalty) before = path[count++].squared;
    ASSERT_GT(count, 0u);
    expect_code(codes[j], path[count - 1]);
    EXPECT_NEAR(info.signals[std::size_t(j)].objective, before / 2 + penalty * double(count),
                1e-12);
  }
}

TEST(Omp, PassesOverAtomsThatCannotHelp) {
  auto p = plant<double>({.rows = 10, .atoms = 12, .nonzeros = 3, .signals = 20, .noise = 0.1});
  for (int i = 0; i < 10; ++i) {
    p.dictionary(i, 0) = 0;                           // zero
    p.dictionary(i, 5) = p.dictionary(i, 4);          // the same
    p.dictionary(i, 6) = -1000 * p.dictionary(i, 4);  // and a multiple
    p.dictionary(i, 8) = 1e-30 * p.dictionary(i, 7);  // and a tiny one
  }
  const Dictionary<double> dictionary(p.dictionary.view());
  const auto [codes, info] = omp<double>(dictionary, p.signals, {.nonzeros = {12}});
  for (std::int64_t j = 0; j < 20; ++j) {
    EXPECT_EQ(info.signals[std::size_t(j)].status, Status::exhausted);
    // The span of all of them has 8 dimensions.
    EXPECT_EQ(codes[j].nonzeros(), 8u);
    EXPECT_EQ(std::ranges::count(codes[j].indices, 0), 0);
    const Refit all = refit(p.dictionary.view(), p.signals.column(j),
                            {codes[j].indices.begin(), codes[j].indices.end()});
    EXPECT_NEAR(2 * info.signals[std::size_t(j)].objective, all.squared, 1e-12);
  }
}

// The residual is orthogonal to the chosen atoms as far as single precision tells, even where they
// are almost dependent.
TEST(Omp, RefitsInSinglePrecision) {
  for (double common : {0.0, 10.0}) {
    auto p = plant<float>({.rows = 64, .atoms = 96, .nonzeros = 20, .signals = 20, .noise = 0.1});
    for (int k = 1; k < 96; ++k)
      for (int i = 0; i < 64; ++i)
        p.dictionary(i, k) += static_cast<float>(common) * p.dictionary(i, 0);
    const auto [codes, info] =
        omp<float>(Dictionary<float>(p.dictionary.view()), p.signals, {.nonzeros = {24}});
    const Matrix<double> d = [&] {
      Matrix<double> copy(64, 96);
      std::ranges::copy(std::span(p.dictionary.data(), p.dictionary.size()), copy.data());
      return copy;
    }();
    for (std::int64_t j = 0; j < 20; ++j) {
      const std::vector<double> y(p.signals.column(j).begin(), p.signals.column(j).end());
      const Refit best = refit(d.view(), y, {codes[j].indices.begin(), codes[j].indices.end()});
      EXPECT_EQ(codes[j].nonzeros(), 24u);
      EXPECT_NEAR(2 * info.signals[std::size_t(j)].objective, best.squared, 1e-5 * product(y, y));
      EXPECT_GE(2 * info.signals[std::size_t(j)].objective, best.squared * (1 - 1e-9));
    }
  }
}

}  // namespace
}  // namespace striate
