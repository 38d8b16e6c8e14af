#include "striate/solvers/group_lasso.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "striate/core/random.h"
#include "striate/dictionaries/constructors.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"
#include "tests/problems/require_data.h"

namespace striate {
namespace {

TEST(GroupLasso, ShrinksGroupsOfOrthonormalAtoms) {
  const auto atoms = random_atoms<double>(12, 12, 1, 12);
  const Matrix<double> signals = random_matrix<double>(12, 5, 2);
  for (int size : {1, 2, 3, 4, 12}) {
    const double lambda = 0.8;
    const auto [codes, info] =
        group_lasso<double>(Dictionary<double>(atoms.view()), signals,
                            {.lambda = lambda, .group_size = size, .tolerance = 1e-14});
    const Matrix<double> z = codes.to_dense();
    for (int j = 0; j < 5; ++j)
      for (int g = 0; g < 12; g += size) {
        std::vector<double> b(static_cast<std::size_t>(size));
        double norm = 0;
        for (int k = 0; k < size; ++k) {
          for (int i = 0; i < 12; ++i) b[std::size_t(k)] += atoms(i, g + k) * signals(i, j);
          norm += b[std::size_t(k)] * b[std::size_t(k)];
        }
        const double factor = std::max(1 - lambda / std::sqrt(norm), 0.0);
        for (int k = 0; k < size; ++k) EXPECT_NEAR(z(g + k, j), factor * b[std::size_t(k)], 1e-12);
      }
  }
}

TEST(GroupLasso, GroupsOfOneAreTheLasso) {
  const auto p = plant<double>({.rows = 20, .atoms = 40, .signals = 10, .noise = 0.1});
  const Dictionary<double> dictionary(p.dictionary.view());
  const auto a = group_lasso<double>(dictionary, p.signals, {.lambda = 0.1, .group_size = 1});
  const auto b = lasso<double>(dictionary, p.signals, {.lambda = 0.1});
  EXPECT_TRUE(a.codes == b.codes);
}

TEST(GroupLasso, RotatingThePairsRotatesTheCodes) {
  auto p = plant<double>(
      {.rows = 20, .atoms = 40, .nonzeros = 8, .signals = 10, .group_size = 2, .noise = 0.1});
  const GroupLassoSettings settings{.lambda = 0.1, .tolerance = 1e-12};
  const auto before =
      group_lasso<double>(Dictionary<double>(p.dictionary.view()), p.signals, settings);
  for (int pair = 0; pair < 20; ++pair) {
    const double angle = 0.3 * pair, c = std::cos(angle), s = std::sin(angle);
    for (int i = 0; i < 20; ++i) {
      double &a = p.dictionary(i, 2 * pair), &b = p.dictionary(i, 2 * pair + 1);
      const double rotated = c * a + s * b;
      b = c * b - s * a;
      a = rotated;
    }
  }
  const auto after =
      group_lasso<double>(Dictionary<double>(p.dictionary.view()), p.signals, settings);
  const Matrix<double> y = before.codes.to_dense(), z = after.codes.to_dense();
  for (int j = 0; j < 10; ++j) {
    EXPECT_NEAR(before.info.signals[std::size_t(j)].objective,
                after.info.signals[std::size_t(j)].objective, 1e-11);
    for (int pair = 0; pair < 20; ++pair)
      EXPECT_NEAR(std::hypot(y(2 * pair, j), y(2 * pair + 1, j)),
                  std::hypot(z(2 * pair, j), z(2 * pair + 1, j)), 1e-5);
  }
}

TEST(GroupLasso, StoresWholeGroups) {
  const auto p = plant<float>(
      {.rows = 30, .atoms = 60, .nonzeros = 9, .signals = 8, .group_size = 3, .noise = 0.1});
  const auto [codes, info] = group_lasso<float>(Dictionary<float>(p.dictionary.view()), p.signals,
                                                {.lambda = 0.1, .group_size = 3, .positive = true});
  for (int j = 0; j < 8; ++j) {
    const auto code = codes[j];
    ASSERT_EQ(code.nonzeros() % 3, 0u);
    for (std::size_t i = 0; i < code.nonzeros(); ++i)
      EXPECT_EQ(code.indices[i], code.indices[i - i % 3] + int(i % 3));
    EXPECT_EQ(info.signals[std::size_t(j)].nonzeros, int(code.nonzeros()));
  }
}

// Groups whose atoms are nearly the same: the block steps are far from exact there.
TEST(GroupLasso, SolvesGroupsOfCorrelatedAtoms) {
  for (int size : {2, 3, 20}) {
    auto p = plant<double>(
        {.rows = 50, .atoms = 60, .nonzeros = size, .signals = 6, .group_size = size, .noise = .1});
    for (int k = 0; k < 60; ++k)
      for (int i = 0; i < 50; ++i)
        p.dictionary(i, k) = 0.05 * p.dictionary(i, k) + p.dictionary(i, k - k % size);
    const Judge judge(p.dictionary.view(), {.lambda = 0.2, .group_size = size});
    const auto [codes, info] =
        group_lasso<double>(Dictionary<double>(p.dictionary.view()), p.signals,
                            {.lambda = 0.2, .group_size = size, .tolerance = 1e-9});
    for (int j = 0; j < 6; ++j) {
      EXPECT_EQ(info.signals[std::size_t(j)].status, Status::converged) << size;
      EXPECT_LT(judge.relative_gap(p.signals.column(j), codes[j]), 1.1e-9) << size;
    }
  }
}

// The whitened photographs of Olshausen and Field, scaled to mean variance 0.1; an uneven dictionary
// of raw patches, orthonormalised in pairs, is harder than a learned one.
TEST(GroupLasso, CertifiesNaturalPatchesInSinglePrecision) {
  const auto file = require_data("olshausen/olshausen_whitened_f32.npy");
  if (!file) return;
  constexpr std::int64_t side = 512, count = 10, pixels = side * side * count;
  std::vector<float> images(pixels);
  std::ifstream in(*file, std::ios::binary | std::ios::ate);
  in.seekg(std::int64_t(in.tellg()) - pixels * 4);
  in.read(reinterpret_cast<char*>(images.data()), pixels * 4);
  ASSERT_TRUE(in);
  double variance = 0;
  for (std::int64_t k = 0; k < count; ++k) {
    double sum = 0, squares = 0;
    for (std::int64_t i = k * side * side; i < (k + 1) * side * side; ++i) {
      sum += images[std::size_t(i)];
      squares += double(images[std::size_t(i)]) * images[std::size_t(i)];
    }
    sum /= side * side;
    variance += (squares / (side * side) - sum * sum) / count;
  }
  const auto patches = [&](std::int64_t n, std::uint64_t seed) {
    Matrix<float> result(256, n);
    for (std::int64_t j = 0; j < n; ++j) {
      Random random(seed, stream("patches"), std::uint64_t(j));
      const auto image = std::int64_t(random.below(count));
      const auto top = 4 + std::int64_t(random.below(side - 24)),
                 left = 4 + std::int64_t(random.below(side - 24));
      for (int i = 0; i < 256; ++i)
        result(i, j) = images[std::size_t((image * side + top + i / 16) * side + left + i % 16)] *
                       float(std::sqrt(0.1 / variance));
    }
    return result;
  };
  const Matrix<float> pool = patches(4000, 1), signals = patches(150, 2);
  const auto atoms = atoms_from_data<float>(MatrixSource<float>(pool), 1024, 3, 2);
  const Dictionary<float> dictionary(atoms.view());
  const auto [codes, info] = group_lasso<float>(dictionary, signals, {.lambda = 0.1});
  EXPECT_TRUE(info.converged());
  const Judge judge(atoms.view(), {.lambda = 0.1, .group_size = 2});
  for (std::int64_t j = 0; j < 20; ++j) {
    const double gap = judge.relative_gap(signals.column(j), codes[j]);
    EXPECT_LE(gap, 1.02e-4);
    EXPECT_NEAR(gap, info.signals[std::size_t(j)].relative_gap, 3e-6);
  }
}

}  // namespace
}  // namespace striate
