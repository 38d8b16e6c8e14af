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
  EXPECT_EQ(first.recall(cues).ids, hebb.recall(cues).ids);
  const auto u = first.field(cues), v = hebb.field(cues);  // u = v / k
  const auto a = first.energy(cues), b = hebb.energy(cues);
  for (std::int64_t j = 0; j < 20; ++j) {
    EXPECT_NEAR(8 * a[static_cast<std::size_t>(j)], b[static_cast<std::size_t>(j)], 1e-11);
    for (std::int64_t i = 0; i < 80; ++i) EXPECT_NEAR(std::abs(8.0 * u(i, j) - v(i, j)), 0, 1e-12);
  }
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
