#include "striate/memory/rules/top1.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/memory/associative_memory.h"
#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using Complex = std::complex<double>;

TEST(Top1, KeepsThePhaseOfTheLargestOverlapAlone) {
  const auto weighting = top1.prepare<double>(UnitCodes<double>(3), {});
  std::vector<Complex> a = {{1, 0}, {0, -4}, {0, 4}, {2, 2}};
  EXPECT_DOUBLE_EQ(weighting->potential(a), 4);
  weighting->weigh(a);
  EXPECT_EQ(a, (std::vector<Complex>{0, {0, -1}, 0, 0}));  // of equals the first
  std::vector<Complex> zero(2), none;
  weighting->weigh(zero);
  EXPECT_EQ(zero, std::vector<Complex>(2));
  weighting->weigh(none);
  EXPECT_EQ(weighting->potential(none), 0);
}

TEST(Top1, RecallsTheNearestCodeByBruteForce) {
  const auto codes = problems::random_codes<double>(40, 6, 50, 1, 0.6);
  const auto cues = problems::random_codes<double>(40, 6, 30, 2, 0.6);  // strangers
  AssociativeMemory<double> memory(top1, {.units = 40});
  memory.store(codes);
  const auto recalled = memory.recall(cues, {.max_steps = 1});
  const Identification nearest = memory.nearest(cues);
  for (std::int64_t j = 0; j < 30; ++j) {
    const auto z = problems::dense(cues, j);
    double best = -1, size = 0;
    std::int64_t id = -1;
    for (const Complex& x : z) size += std::norm(x);
    for (std::int64_t p = 0; p < 50; ++p) {
      const auto c = problems::dense(codes, p);
      Complex overlap = 0;
      double norm = 0;
      for (std::size_t i = 0; i < 40; ++i) {
        overlap += std::conj(c[i]) * z[i];
        norm += std::norm(c[i]);
      }
      if (std::abs(overlap) / std::sqrt(norm * size) > best) {
        best = std::abs(overlap) / std::sqrt(norm * size);
        id = p;
      }
    }
    const auto i = static_cast<std::size_t>(j);
    EXPECT_EQ(nearest.ids[i], id);
    EXPECT_NEAR(nearest.cosines[i], best, 1e-12);
    EXPECT_EQ(recalled.ids[i], id);
    EXPECT_NEAR(recalled.cosines[i], 1, 1e-12);
    EXPECT_EQ(recalled.kinds[i], Kind::pattern);
  }
}

TEST(Top1, IsSilentBelowTheCut) {
  const auto codes = problems::random_codes<double>(200, 6, 20, 1);
  AssociativeMemory<double> memory(top1, {.units = 200, .overlap_cut = 0.6});
  const auto ids = memory.store(codes);
  EXPECT_EQ(memory.recall(problems::damaged(codes, 1, 0.1, 2)).ids, ids);
  const auto strangers = memory.recall(problems::random_codes<double>(200, 6, 20, 3));
  EXPECT_EQ(strangers.kinds, std::vector<Kind>(20, Kind::silent));
}

}  // namespace
}  // namespace striate
