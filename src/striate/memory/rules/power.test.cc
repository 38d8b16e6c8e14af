#include "striate/memory/rules/power.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/memory/associative_memory.h"
#include "striate/memory/rules/tpam.h"
#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using Complex = std::complex<double>;

TEST(Power, RaisesModuliAndKeepsPhases) {
  std::vector<Complex> a = {std::polar(2.0, 0.3), std::polar(0.5, -1.0), 0.0};
  const auto weighting = power.prepare<double>(UnitCodes<double>(3), {.power = 2.0});
  EXPECT_NEAR(weighting->potential(a), (8 + 0.125) / 3, 1e-14);
  weighting->weigh(a);
  EXPECT_NEAR(std::abs(a[0] - std::polar(4.0, 0.3)), 0, 1e-14);
  EXPECT_NEAR(std::abs(a[1] - std::polar(0.25, -1.0)), 0, 1e-14);
  EXPECT_EQ(a[2], Complex(0));
}

TEST(Power, OneIsTheHebbianRule) {
  const auto codes = problems::random_codes<double>(80, 8, 20, 1);
  const auto cues = problems::damaged(codes, 3, 0.4, 2);
  AssociativeMemory<double> first(power, {.units = 80, .power = 1.0}),
      hebb(tpam, {.units = 80, .diagonal = Diagonal::keep});
  first.store(codes);
  hebb.store(codes);
  const auto a = first.recall(cues), b = hebb.recall(cues);
  EXPECT_EQ(a.ids, b.ids);
  for (std::size_t i = 0; i < a.energies.size(); ++i)
    EXPECT_NEAR(8 * a.energies[i].back(), b.energies[i].back(), 1e-9);  // b = a / k
}

// n = 100, K = 10, P = 400: first-order SNR^2 = n^2 / (P K) = 2.5 for the Hebbian rule. The cube
// multiplies the ratio of the cue's overlap, near 0.7, to that of strangers, rms 1 / sqrt(n) = 0.1.
TEST(Power, BeatsTheHebbianRuleBeyondItsLoad) {
  const auto codes = problems::random_codes<double>(100, 10, 400, 3);
  const auto cues = problems::damaged(codes, 3, 0.2, 4);
  std::vector<std::int64_t> ids(400);
  const auto share = [&](const MemoryRule& rule) {
    AssociativeMemory<double> memory(rule, {.units = 100, .diagonal = Diagonal::keep});
    ids = memory.store(codes);
    const auto recalled = memory.recall(cues);
    double good = 0;
    for (std::size_t i = 0; i < ids.size(); ++i)
      good += recalled.ids[i] == ids[i] && recalled.cosines[i] > 0.95;
    return good / 400;
  };
  EXPECT_LT(share(tpam), 0.3);
  EXPECT_GT(share(power), 0.95);
}

}  // namespace
}  // namespace striate
