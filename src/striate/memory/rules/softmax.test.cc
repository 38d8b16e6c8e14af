#include "striate/memory/rules/softmax.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/memory/associative_memory.h"
#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using Complex = std::complex<double>;

TEST(Softmax, SharesByModuliAndKeepsPhases) {
  const std::vector<Complex> a = {std::polar(1.0, 0.3), std::polar(0.5, -1.0), 0.0};
  const auto weighting = softmax.prepare<double>(UnitCodes<double>(3), {.beta = 2.0});
  const double sum = std::exp(2.0) + std::exp(1.0) + 1;
  EXPECT_NEAR(weighting->potential(a), std::log(sum) / 2, 1e-14);
  auto g = a;
  weighting->weigh(g);
  EXPECT_NEAR(std::abs(g[0] - std::polar(std::exp(2.0) / sum, 0.3)), 0, 1e-14);
  EXPECT_NEAR(std::abs(g[1] - std::polar(std::exp(1.0) / sum, -1.0)), 0, 1e-14);
  EXPECT_EQ(g[2], Complex(0));  // no phase
  // A weight counts copies.
  const std::vector<Complex> copies = {a[0], a[0], a[0], a[1], a[2]};
  const std::vector<double> weights = {3, 1, 1};
  EXPECT_NEAR(weighting->potential(a, weights), weighting->potential(copies), 1e-14);
  auto weighted = a, plain = copies;
  weighting->weigh(weighted, weights);
  weighting->weigh(plain);
  EXPECT_NEAR(std::abs(weighted[0] - 3.0 * plain[0]), 0, 1e-14);
  EXPECT_NEAR(std::abs(weighted[1] - plain[3]), 0, 1e-14);
}

TEST(Softmax, DoesNotOverflow) {
  std::vector<Complex> a = {400.0, 399.0};
  const auto weighting = softmax.prepare<double>(UnitCodes<double>(3), {.beta = 1e6});
  EXPECT_NEAR(weighting->potential(a), 400, 1e-9);
  weighting->weigh(a);
  EXPECT_EQ(a, (std::vector<Complex>{1.0, 0.0}));
}

// Separated: in 512 units two codes of 26 share about one unit. With beta = 32 a stranger of overlap
// 0.2 weighs exp(-32 (0.7 - 0.2)) = 1e-7 of a pattern of overlap 0.7.
TEST(Softmax, RecallsSeparatedPatternsInOneStep) {
  const auto codes = problems::random_codes<double>(512, 26, 1000, 3);
  const auto cues = problems::damaged(codes, 8, 0.2, 4);
  AssociativeMemory<double> memory(softmax, {.units = 512});
  const auto ids = memory.store(codes);
  const auto recalled = memory.recall(cues, {.max_steps = 1});
  EXPECT_EQ(recalled.ids, ids);
  EXPECT_EQ(recalled.covered_by, Cover::t2);
  for (const double cosine : recalled.cosines) EXPECT_GT(cosine, 1 - 1e-3);
}

}  // namespace
}  // namespace striate
