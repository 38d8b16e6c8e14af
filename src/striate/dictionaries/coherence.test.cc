#include "striate/dictionaries/coherence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "striate/dictionaries/constructors.h"
#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// Two planes in space meet in a line: cosine 1. The largest cosine between two lines, one in each
// span, found by trying directions: s = 2, to about the square of the spacing.
double largest_cosine_of_pairs(MatrixView<const double> atoms, std::int64_t p, std::int64_t q) {
  constexpr int steps = 720;
  double largest = 0;
  const auto unit = [&](std::int64_t group, int step) {
    const double angle = std::numbers::pi * step / steps;
    std::vector<double> x(std::size_t(atoms.rows));
    double square = 0;
    for (std::int64_t i = 0; i < atoms.rows; ++i) {
      x[std::size_t(i)] =
          std::cos(angle) * atoms(i, 2 * group) + std::sin(angle) * atoms(i, 2 * group + 1);
      square += x[std::size_t(i)] * x[std::size_t(i)];
    }
    for (double& value : x) value /= std::sqrt(square);
    return x;
  };
  std::vector<std::vector<double>> ys;
  for (int b = 0; b < steps; ++b) ys.push_back(unit(q, b));
  for (int a = 0; a < steps; ++a) {
    const auto x = unit(p, a);
    for (const auto& y : ys) {
      double sum = 0;
      for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
      largest = std::max(largest, std::abs(sum));
    }
  }
  return largest;
}

TEST(Coherence, OfAtomsIsTheLargestCosine) {
  for (const std::int64_t n : {2, 63, 64, 65, 200}) {
    const auto atoms = random_matrix<double>(12, n, 5);  // of any norm
    double largest = 0;
    std::int64_t first = -1, second = -1, near = 0;
    for (std::int64_t p = 0; p < n; ++p)
      for (std::int64_t q = p + 1; q < n; ++q) {
        double xy = 0, xx = 0, yy = 0;
        for (std::int64_t i = 0; i < 12; ++i) {
          xy += atoms(i, p) * atoms(i, q);
          xx += atoms(i, p) * atoms(i, p);
          yy += atoms(i, q) * atoms(i, q);
        }
        const double cosine = std::abs(xy) / std::sqrt(xx * yy);
        near += cosine >= near_duplicate;
        if (cosine <= largest) continue;
        largest = cosine;
        first = p;
        second = q;
      }
    const Coherence found = coherence<double>(atoms);
    EXPECT_NEAR(found.between, largest, 1e-14);
    EXPECT_EQ(found.first, first);
    EXPECT_EQ(found.second, second);
    EXPECT_EQ(found.near_duplicates, near);
    EXPECT_EQ(found.within, 0);
    const Coherence threads = coherence<double>(atoms, 1, {.threads = 3});
    EXPECT_EQ(threads.between, found.between);
    EXPECT_EQ(threads.second, found.second);
  }
}

TEST(Coherence, OfGroupsIsTheLargestPrincipalCosine) {
  const auto atoms = random_matrix<double>(9, 12, 3);  // pairs at any angle
  double largest = 0, within = 0;
  std::int64_t first = -1, second = -1;
  for (std::int64_t p = 0; p < 6; ++p) {
    double xy = 0, xx = 0, yy = 0;
    for (std::int64_t i = 0; i < 9; ++i) {
      xy += atoms(i, 2 * p) * atoms(i, 2 * p + 1);
      xx += atoms(i, 2 * p) * atoms(i, 2 * p);
      yy += atoms(i, 2 * p + 1) * atoms(i, 2 * p + 1);
    }
    within = std::max(within, std::abs(xy) / std::sqrt(xx * yy));
    for (std::int64_t q = p + 1; q < 6; ++q) {
      const double cosine = largest_cosine_of_pairs(atoms, p, q);
      if (cosine <= largest) continue;
      largest = cosine;
      first = p;
      second = q;
    }
  }
  const Coherence found = coherence<double>(atoms, 2);
  EXPECT_NEAR(found.between, largest, 2e-4);  // the nearest direction tried is pi / 1440 off
  EXPECT_EQ(found.first, first);
  EXPECT_EQ(found.second, second);
  EXPECT_NEAR(found.within, within, 1e-14);
}

// Groups of three with a planted angle: spans e1 e2 e3 and e4 e5 (cos a e1 + sin a e6), each given by
// mixtures of its basis.
TEST(Coherence, FindsAPlantedAngleWhateverTheBasis) {
  for (const double cosine : {0.0, 0.3, 0.995, 0.999999, 1.0}) {
    Matrix<double> atoms(8, 6);
    const auto mix = random_matrix<double>(3, 6, 2);
    for (std::int64_t j = 0; j < 3; ++j)
      for (std::int64_t i = 0; i < 3; ++i) {
        atoms(i, j) = mix(i, j);
        if (i < 2) atoms(3 + i, 3 + j) = mix(i, 3 + j);
      }
    for (std::int64_t j = 0; j < 3; ++j) {
      atoms(0, 3 + j) = cosine * mix(2, 3 + j);
      atoms(5, 3 + j) = std::sqrt(1 - cosine * cosine) * mix(2, 3 + j);
    }
    const Coherence found = coherence<double>(atoms, 3);
    EXPECT_NEAR(found.between, cosine, 1e-12);
    EXPECT_LE(found.between, 1);
    EXPECT_EQ(found.near_duplicates, cosine >= 0.99 ? 1 : 0);
    EXPECT_EQ(found.first, 0);
    EXPECT_EQ(found.second, 1);
  }
}

TEST(Coherence, CountsCopiesAndPassesOverZeros) {
  auto atoms = random_atoms<float>(20, 10, 1);
  for (std::int64_t i = 0; i < 20; ++i) {
    atoms(i, 7) = -2 * atoms(i, 2);
    atoms(i, 9) = 0;
  }
  const Coherence found = coherence<float>(atoms);
  EXPECT_NEAR(found.between, 1, 1e-6);
  EXPECT_EQ(found.first, 2);
  EXPECT_EQ(found.second, 7);
  EXPECT_EQ(found.near_duplicates, 1);
  EXPECT_EQ(coherence<float>(Matrix<float>(20, 2)).between, 0);
  EXPECT_EQ(coherence<float>(Matrix<float>(20, 0)).first, -1);
  EXPECT_EQ(coherence<float>(atoms.view().middle_columns(0, 1)).first, -1);
}

TEST(Coherence, Refuses) {
  auto atoms = random_atoms<double>(6, 4, 1);
  EXPECT_THAT([&] { coherence<double>(atoms, 3); },
              ThrowsMessage<Error>(HasSubstr("group_size is 3")));
  EXPECT_THAT([&] { coherence<double>(atoms, 0); }, ThrowsMessage<Error>(HasSubstr("at least 1")));
  atoms(1, 2) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT([&] { coherence<double>(atoms); }, ThrowsMessage<Error>(HasSubstr("atom 2")));
}

}  // namespace
}  // namespace striate
