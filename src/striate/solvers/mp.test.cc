#include "striate/solvers/mp.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/problems/plant.h"
#include "tests/problems/refit.h"

namespace striate {
namespace {

struct Slow {
  std::vector<double> z, residual;
  std::vector<std::int32_t> atoms;
};

// Matching pursuit by definition, up to but not including the step that would bring in another atom
// than `most`.
Slow by_definition(MatrixView<const double> d, std::span<const double> y, std::int64_t most) {
  Slow s{.z = std::vector<double>(std::size_t(d.columns)),
         .residual = {y.begin(), y.end()},
         .atoms = {}};
  for (;;) {
    std::int32_t best = -1;
    double score = 0;
    for (std::int32_t j = 0; j < d.columns; ++j) {
      const double norm = std::sqrt(product(d.column(j), d.column(j)));
      const double cosine = norm > 0 ? std::abs(product(d.column(j), s.residual)) / norm : 0;
      if (cosine > score) score = cosine, best = j;
    }
    if (std::ranges::count(s.atoms, best) == 0) {
      if (std::ssize(s.atoms) == most) return s;
      s.atoms.push_back(best);
    }
    const auto atom = d.column(best);
    const double t = product(atom, s.residual) / product(atom, atom);
    s.z[std::size_t(best)] += t;
    for (std::size_t i = 0; i < y.size(); ++i) s.residual[i] -= t * atom[i];
  }
}

TEST(Mp, IsTheDefinitionAtEveryNumberOfAtoms) {
  auto p = plant<double>({.rows = 12, .atoms = 30, .nonzeros = 4, .signals = 6, .noise = 0.2});
  for (int k = 0; k < 30; ++k)
    for (double& x : p.dictionary.column(k)) x *= k == 7 ? 0 : std::pow(10, k % 5 / 2.0 - 1);
  const Dictionary<double> dictionary(p.dictionary.view());
  const auto path = mp_path<double>(dictionary, p.signals, {.nonzeros = {8}});
  EXPECT_TRUE(path.info.converged());
  for (std::int64_t j = 0; j < 6; ++j) {
    const auto i = static_cast<std::size_t>(j);
    ASSERT_EQ(path.codes[i].signals(), 8);
    for (std::int64_t k = 1; k <= 8; ++k) {
      const Slow expected = by_definition(p.dictionary.view(), p.signals.column(j), k);
      const Matrix<double> z = path.codes[i].slice(k - 1, 1).to_dense();
      for (std::int64_t a = 0; a < 30; ++a) EXPECT_NEAR(z(a, 0), expected.z[std::size_t(a)], 1e-9);
      EXPECT_NEAR(path.residuals[i][std::size_t(k - 1)],
                  product(expected.residual, expected.residual), 1e-12);
      const auto ended =
          mp<double>(dictionary, p.signals.view().middle_columns(j, 1), {.nonzeros = {double(k)}});
      EXPECT_TRUE(ended.codes == path.codes[i].slice(k - 1, 1));
    }
  }
}

TEST(Mp, EndsAtTheResidualOrAfterItsSteps) {
  const auto p = plant<double>({.rows = 32, .atoms = 64, .nonzeros = 3, .signals = 20});
  const Dictionary<double> dictionary(p.dictionary.view());
  const auto [codes, info] = mp<double>(dictionary, p.signals, {.residual = {1e-8}});
  EXPECT_TRUE(info.converged());
  for (const SignalInfo& signal : info.signals) {
    EXPECT_LE(2 * signal.objective, 1e-8);
    EXPECT_GT(signal.iterations, signal.nonzeros - 1);
  }
  const auto few = mp<double>(dictionary, p.signals, {.residual = {1e-8}, .max_iterations = 2});
  EXPECT_EQ(few.info.count(Status::iteration_limit), 20);
  EXPECT_EQ(few.info.work.iterations, 40);
}

}  // namespace
}  // namespace striate
