#include "striate/memory/detail/pattern_form.h"

#include <gtest/gtest.h>

#include <cmath>

namespace striate::detail {
namespace {

using Complex = std::complex<double>;
using Vector = std::vector<Complex>;

TEST(PatternForm, ByDefinition) {
  const Vector code = {{3, 4}, {-1, 0.5}, {0, 2}, {0.1, 0}};
  const auto formed = [&](PatternForm form, std::int64_t k) {
    Vector values = code;
    Ranking ranking;
    to_form(form, k, std::span<Complex>(values), ranking);
    return values;
  };
  EXPECT_EQ(formed(PatternForm::graded, 2), code);
  const Vector phases = formed(PatternForm::phasor, 2);
  EXPECT_NEAR(std::abs(phases[0] - Complex(0.6, 0.8)), 0, 1e-15);
  EXPECT_EQ(phases[2], Complex(0, 1));
  EXPECT_EQ(phases[1], Complex(0));
  EXPECT_EQ(formed(PatternForm::bipolar, 1), (Vector{1, -1, 0, 1}));  // k cuts no signs
  EXPECT_EQ(formed(PatternForm::binary, 3), (Vector{1, 1, 1, 0}));

  const std::vector<std::int32_t> units = {1, 3, 4, 8};
  EXPECT_EQ(counted_units(PatternForm::phasor, UnitCode<double>{units, code}), 4);
  EXPECT_EQ(counted_units(PatternForm::bipolar, UnitCode<double>{units, code}), 3);
  const Vector uneven = {{1, 0}, {0, 0.02}, {0.005, 0}, {0, -0.009}};
  EXPECT_EQ(counted_units(PatternForm::graded, UnitCode<double>{units, uneven}), 2);
}

TEST(PatternForm, ScaleMakesAFullOverlapOne) {
  EXPECT_DOUBLE_EQ(overlap_scale(PatternForm::phasor, Normalization::phase, 25, 100) * 25, 1);
  EXPECT_DOUBLE_EQ(overlap_scale(PatternForm::phasor, Normalization::vector, 25, 100) * 5, 1);
  EXPECT_DOUBLE_EQ(overlap_scale(PatternForm::graded, Normalization::phase, 25, 100) * 5, 1);
  EXPECT_DOUBLE_EQ(overlap_scale(PatternForm::graded, Normalization::vector, 25, 100), 1);
  EXPECT_DOUBLE_EQ(overlap_scale(PatternForm::bipolar, Normalization::phase, 100, 100) * 100, 1);
}

}  // namespace
}  // namespace striate::detail
