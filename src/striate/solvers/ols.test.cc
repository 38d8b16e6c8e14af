#include "striate/solvers/ols.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/solvers/omp.h"
#include "tests/problems/plant.h"
#include "tests/problems/refit.h"

namespace striate {
namespace {

// The atom whose refit leaves least, found by refitting every candidate.
std::vector<Refit> by_definition(const Planted<double>& p, std::int64_t signal, int most) {
  const MatrixView<const double> d = p.dictionary.view();
  const auto y = p.signals.column(signal);
  return grow(d, y, most, [&](const Refit& now, std::int32_t j) {
    std::vector<std::int32_t> atoms = now.atoms;
    atoms.push_back(j);
    return now.squared - refit(d, y, atoms).squared;
  });
}

TEST(Ols, TakesTheAtomWhoseRefitLeavesLeast) {
  auto p = plant<double>({.rows = 12, .atoms = 24, .nonzeros = 4, .signals = 6, .noise = 0.3});
  for (int k = 0; k < 24; ++k)  // norms make no difference
    for (double& x : p.dictionary.column(k)) x *= std::pow(10, k % 4 - 2);
  const Dictionary<double> dictionary(p.dictionary.view());
  const auto path = ols_path<double>(dictionary, p.signals, {.nonzeros = {8}});
  const auto other = omp<double>(dictionary, p.signals, {.nonzeros = {8}, .normalized = true});
  int better = 0;
  for (std::int64_t j = 0; j < 6; ++j) {
    const auto i = static_cast<std::size_t>(j);
    const auto expected = by_definition(p, j, 8);
    ASSERT_EQ(path.codes[i].signals(), 8);
    for (std::int64_t k = 1; k <= 8; ++k) {
      const Refit& refit = expected[std::size_t(k - 1)];
      const CodeView<double> code = path.codes[i][k - 1];
      std::vector<std::int32_t> atoms = refit.atoms;
      std::ranges::sort(atoms);
      EXPECT_TRUE(std::ranges::equal(code.indices, atoms)) << j << " " << k;
      EXPECT_NEAR(path.residuals[i][std::size_t(k - 1)], refit.squared, 1e-12);
      const auto ended = ols<double>(dictionary, p.signals.view().middle_columns(j, 1),
                                     {.residual = {refit.squared * (1 + 1e-9)}});
      EXPECT_TRUE(ended.codes == path.codes[i].slice(k - 1, 1)) << j << " " << k;
    }
    better += expected[7].squared < 2 * other.info.signals[i].objective * (1 - 1e-9);
  }
  EXPECT_GT(better, 0);  // it is another rule than omp's
}

TEST(Ols, FindsSparseCodesExactly) {
  const auto p = plant<double>({.rows = 64, .atoms = 128, .nonzeros = 4, .signals = 50});
  const auto [codes, info] =
      ols<double>(Dictionary<double>(p.dictionary.view()), p.signals, {.atom_penalty = 1e-6});
  EXPECT_TRUE(info.converged());
  for (std::int64_t j = 0; j < 50; ++j)
    EXPECT_TRUE(std::ranges::equal(codes[j].indices, p.codes[j].indices)) << j;
}

TEST(Ols, PassesOverAtomsThatCannotHelp) {
  auto p = plant<float>({.rows = 10, .atoms = 12, .nonzeros = 3, .signals = 20, .noise = 0.1});
  for (int i = 0; i < 10; ++i) {
    p.dictionary(i, 0) = 0;
    p.dictionary(i, 5) = p.dictionary(i, 4);
    p.dictionary(i, 6) = -1000 * p.dictionary(i, 4);
    p.dictionary(i, 8) = 1e-5f * p.dictionary(i, 7);
  }
  const auto [codes, info] =
      ols<float>(Dictionary<float>(p.dictionary.view()), p.signals, {.nonzeros = {12}});
  for (std::int64_t j = 0; j < 20; ++j) {
    EXPECT_EQ(info.signals[std::size_t(j)].status, Status::exhausted);
    EXPECT_EQ(codes[j].nonzeros(), 8u) << j;  // the dimensions of the span
    EXPECT_EQ(std::ranges::count(codes[j].indices, 0), 0);
  }
}

}  // namespace
}  // namespace striate
