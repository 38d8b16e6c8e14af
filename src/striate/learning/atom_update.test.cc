#include "striate/learning/atom_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "striate/core/random.h"
#include "striate/dictionaries/constructors.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

double inner(std::span<const double> x, std::span<const double> y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

// Statistics of random codes: A = sum z z', B = sum y z'.
struct Statistics {
  Matrix<double> a, b;
  Statistics(std::int64_t m, std::int64_t n, std::int64_t signals, std::uint64_t seed)
      : a(n, n), b(m, n) {
    const auto z = random_matrix<double>(n, signals, seed);
    const auto y = random_matrix<double>(m, signals, seed + 1);
    for (std::int64_t s = 0; s < signals; ++s)
      for (std::int64_t j = 0; j < n; ++j) {
        for (std::int64_t i = 0; i < n; ++i) a(i, j) += z(i, s) * z(j, s) / double(signals);
        for (std::int64_t i = 0; i < m; ++i) b(i, j) += y(i, s) * z(j, s) / double(signals);
      }
  }
};

// 1/2 tr(D'D A) - tr(D'B) + kappa * sum of |d1'd2| over pairs, what a pass lowers.
double surrogate(const Matrix<double>& d, const Statistics& s, double kappa) {
  double value = 0;
  for (std::int64_t i = 0; i < d.columns(); ++i) {
    for (std::int64_t j = 0; j < d.columns(); ++j)
      value += s.a(i, j) * inner(d.column(i), d.column(j)) / 2;
    value -= inner(d.column(i), s.b.column(i));
  }
  for (std::int64_t p = 0; kappa > 0 && p < d.columns(); p += 2)
    value += kappa * std::abs(inner(d.column(p), d.column(p + 1)));
  return value;
}

std::vector<std::int64_t> in_order(std::int64_t n) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

// The update from the definition, without blocks.
Matrix<double> plain_pass(Matrix<double> d, const Statistics& s, double kappa,
                          const std::vector<std::int64_t>& order) {
  const std::int64_t m = d.rows(), n = d.columns();
  for (std::int64_t k : order) {
    std::vector<double> g(static_cast<std::size_t>(m));
    for (std::int64_t i = 0; i < m; ++i) {
      double sum = s.b(i, k);
      for (std::int64_t j = 0; j < n; ++j)
        if (j != k) sum -= d(i, j) * s.a(j, k);
      g[static_cast<std::size_t>(i)] = sum;
    }
    if (kappa > 0) {
      const auto e = d.column(k % 2 == 0 ? k + 1 : k - 1);
      const double pull = std::clamp(inner(g, e), -kappa, kappa);
      for (std::size_t i = 0; i < g.size(); ++i) g[i] -= pull * e[i];
    }
    const double norm = std::sqrt(inner(g, g));
    for (std::int64_t i = 0; i < m; ++i) d(i, k) = g[static_cast<std::size_t>(i)] / norm;
  }
  return d;
}

double worst_difference(const Matrix<double>& x, const Matrix<double>& y) {
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    worst = std::max(worst, std::abs(x.data()[i] - y.data()[i]));
  return worst;
}

TEST(UpdateAtoms, BlocksGiveTheIteratesOfPlainDescent) {
  const Statistics s(37, 70, 200, 1);
  const auto start = random_atoms<double>(37, 70, 5);
  for (double kappa : {0.0, 0.3, 100.0}) {
    const auto first = permutation(70, Random(1, 2)), second = in_order(70);
    const auto expected = plain_pass(plain_pass(start, s, kappa, first), s, kappa, second);
    for (int block : {1, 7, 32, 64, 100}) {
      auto d = start;
      detail::update_atoms(d, s.a, s.b, {}, kappa > 0 ? 2 : 1, kappa, block, first, {});
      detail::update_atoms(d, s.a, s.b, {}, kappa > 0 ? 2 : 1, kappa, block, second, {});
      EXPECT_LT(worst_difference(d, expected), 1e-12) << "block " << block << " kappa " << kappa;
    }
  }
}

TEST(UpdateAtoms, SameBitsForAnyThreads) {
  const Statistics s(150, 40, 100, 1);
  auto one = random_atoms<double>(150, 40, 5), four = one;
  detail::update_atoms(one, s.a, s.b, {}, 1, 0.0, 16, in_order(40), {.threads = 1});
  detail::update_atoms(four, s.a, s.b, {}, 1, 0.0, 16, in_order(40), {.threads = 4});
  EXPECT_EQ(one, four);
}

// Each pass is exact block descent on the unit sphere, so the surrogate never rises, and no single
// atom can be moved to lower it: tried with random directions.
TEST(UpdateAtoms, LowersTheSurrogateToAnAtomwiseMinimum) {
  const Statistics s(9, 12, 200, 3);
  for (double kappa : {0.0, 0.05}) {
    auto d = random_atoms<double>(9, 12, 5);
    double before = surrogate(d, s, kappa);
    for (int pass = 0; pass < 300; ++pass) {
      detail::update_atoms(d, s.a, s.b, {}, kappa > 0 ? 2 : 1, kappa, 4, in_order(12), {});
      const double after = surrogate(d, s, kappa);
      EXPECT_LE(after, before + 1e-13);
      before = after;
    }
    const auto directions = random_atoms<double>(9, 200, 8);
    for (std::int64_t k = 0; k < 12; ++k)
      for (std::int64_t t = 0; t < 200; ++t) {
        auto moved = d;
        const double size = t % 2 == 0 ? 1e-1 : 1e-3;
        for (std::int64_t i = 0; i < 9; ++i) moved(i, k) += size * directions(i, t);
        const double norm = std::sqrt(inner(moved.column(k), moved.column(k)));
        for (double& x : moved.column(k)) x /= norm;
        ASSERT_GE(surrogate(moved, s, kappa), before - 1e-12) << "atom " << k;
      }
  }
}

TEST(UpdateAtoms, LargeMuMakesPairsOrthogonal) {
  const Statistics s(20, 30, 100, 1);
  auto d = random_atoms<double>(20, 30, 5);
  detail::update_atoms(d, s.a, s.b, {}, 2, 1e6, 8, in_order(30), {});
  for (std::int64_t p = 0; p < 30; p += 2)
    EXPECT_LT(std::abs(inner(d.column(p), d.column(p + 1))), 1e-14);
}

TEST(UpdateAtoms, AtomsNeverUsedStay) {
  Statistics s(10, 6, 50, 1);
  for (std::int64_t i = 0; i < 6; ++i) s.a(i, 4) = s.a(4, i) = 0;
  for (double& x : s.b.column(4)) x = 0;
  const auto before = random_atoms<double>(10, 6, 5);
  auto d = before;
  detail::update_atoms(d, s.a, s.b, {}, 1, 0.0, 4, in_order(6), {});
  for (std::int64_t i = 0; i < 10; ++i) EXPECT_EQ(d(i, 4), before(i, 4));
}

// By trying: no other atom of the set, near or far, has a lower curvature/2 |d|^2 - g'd.
TEST(ProjectAtom, IsTheMinimiserOverTheSet) {
  const auto directions = random_matrix<double>(5, 400, 3);
  for (const bool positive : {false, true})
    for (const bool ball : {false, true})
      for (std::int64_t t = 0; t < 40; ++t)
        for (const double curvature : {0.5, 20.0}) {
          std::vector<double> g(directions.column(t).begin(), directions.column(t).end());
          if (t == 0)
            for (double& x : g) x = -std::abs(x);
          const auto value = [&, start = g](std::span<const double> d) {
            return curvature / 2 * inner(d, d) - inner(start, d);
          };
          auto d = g;
          ASSERT_TRUE(detail::project_atom<double>({positive, ball}, curvature, d));
          const double norm = std::sqrt(inner(d, d));
          if (ball) EXPECT_LE(norm, 1 + 1e-12);
          else EXPECT_NEAR(norm, 1, 1e-12);
          for (double x : d) EXPECT_TRUE(!positive || x >= 0);
          for (std::int64_t other = 0; other < 400; ++other) {
            std::vector<double> e(d.size());
            for (std::size_t i = 0; i < e.size(); ++i) {
              e[i] = d[i] + (other % 2 == 0 ? 0.05 : 1.0) * directions(std::int64_t(i), other);
              if (positive) e[i] = std::max(e[i], 0.0);
            }
            const double size = std::sqrt(inner(e, e));
            if (size == 0) continue;
            const double scale = ball ? std::max(size, 1.0) : size;
            for (double& x : e) x /= scale;
            ASSERT_LE(value(d), value(e) + 1e-12);
          }
        }
}

TEST(ProjectAtom, ZeroMovesNoUnitAtom) {
  std::vector<double> g(4);
  EXPECT_FALSE(detail::project_atom<double>({}, 1, g));
  EXPECT_FALSE(detail::project_atom<double>({.positive = true}, 1, g));
  EXPECT_TRUE(detail::project_atom<double>({.ball = true}, 1, g));
}

}  // namespace
}  // namespace striate
