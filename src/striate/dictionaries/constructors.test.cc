#include "striate/dictionaries/constructors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

double product(const Matrix<double>& a, std::int64_t i, std::int64_t j) {
  double sum = 0;
  for (std::int64_t k = 0; k < a.rows(); ++k) sum += a(k, i) * a(k, j);
  return sum;
}

void expect_orthonormal_groups(const Matrix<double>& atoms, int size) {
  for (std::int64_t j = 0; j < atoms.columns(); ++j)
    for (std::int64_t i = j - j % size; i <= j; ++i)
      EXPECT_NEAR(product(atoms, i, j), i == j, 1e-14);
}

TEST(RandomAtoms, AreUnitVectorsAndOrthonormalInGroups) {
  for (int size : {1, 2, 4}) {
    const auto atoms = random_atoms<double>(9, 12, 5, size);
    expect_orthonormal_groups(atoms, size);
    EXPECT_TRUE(atoms == random_atoms<double>(9, 12, 5, size));
    EXPECT_FALSE(atoms == random_atoms<double>(9, 12, 6, size));
  }
  EXPECT_EQ(random_atoms<float>(3, 0, 1).columns(), 0);
  EXPECT_EQ(std::abs(random_atoms<double>(1, 1, 1)(0, 0)), 1);
}

TEST(AtomsFromData, AreSignalsOfTheSourceEachAtMostOnce) {
  Matrix<double> signals = random_matrix<double>(6, 30, 1);
  for (int i = 0; i < 6; ++i) {
    signals(i, 3) = 0;
    signals(i, 8) = std::numeric_limits<double>::infinity();
  }
  const MatrixSource<double> source(signals);
  const auto atoms = atoms_from_data(source, 28, 7);
  std::vector<int> used(30);
  for (int k = 0; k < 28; ++k) {
    int matches = 0;
    for (int j = 0; j < 30; ++j) {
      double cosine = 0, norm = 0;
      for (int i = 0; i < 6; ++i) {
        cosine += atoms(i, k) * signals(i, j);
        norm += signals(i, j) * signals(i, j);
      }
      if (cosine / std::sqrt(norm) > 1 - 1e-12) ++matches, ++used[std::size_t(j)];
    }
    EXPECT_EQ(matches, 1);
  }
  EXPECT_THAT(used, testing::Each(testing::Le(1)));
  EXPECT_EQ(used[3] + used[8], 0);
  EXPECT_THAT([&] { atoms_from_data(source, 29, 7); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("of 30 signals only 28 serve")));
}

TEST(AtomsFromData, OrthonormalisesGroupsAndPassesOverWhatLiesInTheirSpan) {
  Matrix<double> signals = random_matrix<double>(6, 40, 2);
  for (int j = 0; j < 20; ++j)  // half of them copies of one direction
    for (int i = 0; i < 6; ++i) signals(i, j) = (j + 1) * signals(i, 0);
  const MatrixSource<double> source(signals);
  expect_orthonormal_groups(atoms_from_data(source, 12, 3, 2), 2);
}

TEST(NormalizeAtoms, LeavesZeroAndSurvivesExtremeScales) {
  Matrix<double> atoms = random_matrix<double>(5, 3, 3);
  for (int i = 0; i < 5; ++i) {
    atoms(i, 0) *= 1e-200;
    atoms(i, 1) *= 1e200;
    atoms(i, 2) = 0;
  }
  normalize_atoms(atoms.view());
  EXPECT_NEAR(product(atoms, 0, 0), 1, 1e-14);
  EXPECT_NEAR(product(atoms, 1, 1), 1, 1e-14);
  EXPECT_EQ(product(atoms, 2, 2), 0);
}

TEST(UnionOf, PutsPartsSideBySide) {
  const Matrix<double> parts[] = {random_matrix<double>(4, 3, 1), random_matrix<double>(4, 0, 2),
                                  random_matrix<double>(4, 2, 3)};
  const Matrix<double> all = union_of<double>(parts);
  ASSERT_EQ(all.columns(), 5);
  for (int i = 0; i < 4; ++i)
    for (int k = 0; k < 5; ++k) EXPECT_EQ(all(i, k), k < 3 ? parts[0](i, k) : parts[2](i, k - 3));
  const Matrix<double> uneven[] = {parts[0], random_matrix<double>(5, 3, 1)};
  EXPECT_THAT([&] { union_of<double>(uneven); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("parts of 4 and of 5 rows")));
  EXPECT_THAT([] { union_of<double>({}); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("no parts")));
}

TEST(Constructors, RefuseImpossibleSizes) {
  EXPECT_THAT([] { random_atoms<double>(0, 3, 0); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("rows is 0")));
  EXPECT_THAT([] { random_atoms<double>(4, 3, 0, 2); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("group_size is 2")));
  EXPECT_THAT([] { random_atoms<double>(2, 3, 0, 3); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("at most the 2 rows")));
}

}  // namespace
}  // namespace striate
