#include "striate/dictionaries/dct.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace striate {
namespace {

double product(const Matrix<double>& a, std::int64_t i, std::int64_t j) {
  double sum = 0;
  for (std::int64_t k = 0; k < a.rows(); ++k) sum += a(k, i) * a(k, j);
  return sum;
}

TEST(Dct, IsTheOrthonormalTransformWhereComplete) {
  for (int p : {2, 3, 8}) {
    const Matrix<double> atoms = dct<double>({.patch = p});
    ASSERT_EQ(atoms.columns(), p * p);
    for (int i = 0; i < p * p; ++i)
      for (int j = 0; j <= i; ++j) EXPECT_NEAR(product(atoms, i, j), i == j, 1e-13);
  }
  // The definition of the DCT-II.
  const Matrix<double> atoms = dct<double>({.patch = 4});
  const auto factor = [](int n, int k) {
    return std::sqrt((k ? 2.0 : 1.0) / 4) * std::cos(std::numbers::pi * k * (n + 0.5) / 4);
  };
  for (int k = 0; k < 4; ++k)
    for (int l = 0; l < 4; ++l)
      for (int row = 0; row < 4; ++row)
        for (int column = 0; column < 4; ++column)
          EXPECT_NEAR(atoms(4 * row + column, 4 * k + l), factor(row, k) * factor(column, l),
                      1e-14);
}

TEST(Dct, OvercompleteAtomsAreDifferentUnitVectorsAndOnlyTheFirstHasAMean) {
  const Matrix<double> atoms = dct<double>({.patch = 8, .frequencies = 11});
  ASSERT_EQ(atoms.rows(), 64);
  ASSERT_EQ(atoms.columns(), 121);
  for (int i = 0; i < 121; ++i) {
    EXPECT_NEAR(product(atoms, i, i), 1, 1e-13);
    double sum = 0;
    for (double x : atoms.column(i)) sum += x;
    EXPECT_NEAR(sum, i == 0 ? 8 : 0, 1e-12);
    for (int j = 0; j < i; ++j) EXPECT_LT(std::abs(product(atoms, i, j)), 0.999);
  }
}

TEST(Dct, RefusesFewerFrequenciesThanPixels) {
  EXPECT_THAT([] { dct<float>({.patch = 8, .frequencies = 7}); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("frequencies is 7")));
}

}  // namespace
}  // namespace striate
