#include "striate/memory/unit_codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using Complex = std::complex<double>;
using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
class UnitCodesTest : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(UnitCodesTest, Scalars);

TYPED_TEST(UnitCodesTest, PairsAndUnitsAreTheSameNumbers) {
  const auto pairs = problems::random_codes<TypeParam>(40, 7, 9, 3, 0.5);
  const auto units = units_of_pairs(pairs);
  EXPECT_EQ(units.units(), 40);
  EXPECT_EQ(units.size(), 9);
  EXPECT_EQ(units.active(), 63);
  EXPECT_EQ(pairs_of_units(units), pairs);
  for (std::int64_t p = 0; p < units.size(); ++p) {
    const auto z = problems::dense(pairs, p);
    for (std::size_t i = 0; i < units[p].active(); ++i)
      EXPECT_EQ(Complex(units[p].values[i]), z[static_cast<std::size_t>(units[p].units[i])]);
  }
}

TEST(UnitCodes, HalfPairsAndZerosAreRead) {
  SparseCodes<double> pairs(6);
  pairs.append(std::vector<std::int32_t>{1, 2, 3, 4}, std::vector<double>{5, 0, 0, 7});
  pairs.append(std::vector<std::int32_t>{}, std::vector<double>{});
  const auto units = units_of_pairs(pairs);
  ASSERT_EQ(units.size(), 2);
  EXPECT_THAT(units[0].units, ElementsAre(0, 2));
  EXPECT_THAT(units[0].values, ElementsAre(Complex(0, 5), Complex(7, 0)));
  EXPECT_EQ(units[1].active(), 0u);
}

TEST(UnitCodes, DenseComplexKeepsWhatIsNotFinite) {
  Matrix<Complex> z(3, 2);
  z(1, 0) = {3, -4};
  z(2, 1) = {std::numeric_limits<double>::quiet_NaN(), 1};
  const auto units = units_of_pairs(pairs_of_complex<double>(z.view()));
  EXPECT_THAT(units[0].units, ElementsAre(1));
  EXPECT_EQ(units[0].values[0], Complex(3, -4));
  ASSERT_THAT(units[1].units, ElementsAre(2));
  EXPECT_TRUE(std::isnan(units[1].values[0].real()));
  EXPECT_EQ(units[1].values[0].imag(), 1);
}

TEST(UnitCodes, OddNumberOfAtomsIsRefused) {
  try {
    units_of_pairs(SparseCodes<float>(5));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("units_of_pairs: codes of 5 atoms"));
  }
}

TEST(UnitCodes, InnerProductAndNormByPlainLoops) {
  const auto pairs = problems::random_codes<double>(30, 12, 6, 8, 1.0);
  const auto units = units_of_pairs(pairs);
  for (std::int64_t p = 0; p < 6; ++p)
    for (std::int64_t q = 0; q < 6; ++q) {
      const auto a = problems::dense(pairs, p), b = problems::dense(pairs, q);
      Complex sum = 0;
      for (std::size_t i = 0; i < a.size(); ++i) sum += std::conj(a[i]) * b[i];
      EXPECT_NEAR(std::abs(inner_product(units[p], units[q]) - sum), 0,
                  1e-13 * (1 + std::abs(sum)));
      if (p != q) continue;
      EXPECT_NEAR(code_norm(units[p]), std::sqrt(sum.real()), 1e-13 * std::abs(sum));
    }
}

TEST(UnitCodes, NormDoesNotOverflow) {
  UnitCodes<double> codes(2);
  codes.append({std::vector<std::int32_t>{0, 1}, std::vector<Complex>{{3e300, 0}, {0, 4e300}}});
  codes.append({std::vector<std::int32_t>{0, 1}, std::vector<Complex>{{3e-300, 0}, {0, 4e-300}}});
  codes.append({});
  EXPECT_DOUBLE_EQ(code_norm(codes[0]), 5e300);
  EXPECT_DOUBLE_EQ(code_norm(codes[1]), 5e-300);
  EXPECT_EQ(code_norm(codes[2]), 0);
}

}  // namespace
}  // namespace striate
