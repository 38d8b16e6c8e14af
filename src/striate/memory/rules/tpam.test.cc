#include "striate/memory/rules/tpam.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/memory/associative_memory.h"
#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

TEST(Tpam, StoresPhasorsOfTheStrongestUnits) {
  EXPECT_EQ(tpam.form, PatternForm::phasor);
  EXPECT_EQ(tpam.normalization, Normalization::phase);
  EXPECT_EQ(tpam.diagonal, Diagonal::zero);
  UnitCodes<double> code(4);
  code.append({std::vector<std::int32_t>{0, 1, 3},
               std::vector<std::complex<double>>{{0.5, 0}, {0, 2}, {-3, 0}}});
  AssociativeMemory<double> memory(tpam, {.units = 4, .k = 2});
  memory.store(pairs_of_units(code));
  // J e_1 = z conj(z_1) without the diagonal: z = (0, i, 0, -1), so unit 3 gets -1 * (-i) = i.
  UnitCodes<double> cue(4);
  cue.append({std::vector<std::int32_t>{1}, std::vector<std::complex<double>>{1}});
  const auto u = memory.field(pairs_of_units(cue));
  EXPECT_NEAR(std::abs(u(3, 0) - std::complex<double>(0, 1)), 0, 1e-15);
  for (const std::int64_t silent : {0, 1, 2}) EXPECT_EQ(std::abs(u(silent, 0)), 0);
}

// n = 512, K = 26, P = 200: first-order SNR^2 = n^2 / (P K) = 50.
template <class T>
class TpamRecovery : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(TpamRecovery, Scalars);

TYPED_TEST(TpamRecovery, PlantedPhasorsFromDamagedCues) {
  const auto codes = problems::random_codes<TypeParam>(512, 26, 200, 11);
  const auto cues = problems::damaged(codes, 8, 0.4, 12);
  AssociativeMemory<TypeParam> memory(tpam, {.units = 512});
  const auto ids = memory.store(codes);
  EXPECT_EQ(memory.k(), 26);
  const auto recalled = memory.recall(cues, {.max_steps = 20});
  EXPECT_EQ(identification_accuracy(recalled.ids, ids).share, 1);
  EXPECT_EQ(identification_accuracy(memory.nearest(cues).ids, ids).share, 1);
  for (std::int64_t p = 0; p < 200; ++p) {
    const auto truth = problems::dense(codes, p), state = problems::dense(recalled.states, p);
    std::complex<double> overlap = 0;
    for (std::size_t i = 0; i < 512; ++i) {
      EXPECT_EQ(truth[i] == 0.0, state[i] == 0.0);  // the support, exactly
      overlap += std::conj(truth[i]) * state[i];
    }
    EXPECT_GT(std::abs(overlap) / 26, 0.97);  // phases, but for cross-talk
    EXPECT_EQ(recalled.kinds[static_cast<std::size_t>(p)], Kind::pattern);
    EXPECT_GT(recalled.margins[static_cast<std::size_t>(p)], 0.5);
  }
}

}  // namespace
}  // namespace striate
