#include "striate/solvers/detail/orthogonal_pursuit.h"

#include <gtest/gtest.h>

#include "tests/problems/plant.h"
#include "tests/problems/refit.h"

namespace striate::detail {
namespace {

// More atoms than rows had room for at first, by every rule.
TEST(OrthogonalPursuit, LongCodesAreLeastSquares) {
  const auto p =
      plant<double>({.rows = 80, .atoms = 200, .nonzeros = 20, .signals = 4, .noise = 1});
  const Dictionary<double> dictionary(p.dictionary.view());
  const std::vector<double> count = {60};
  for (AtomRule rule : {AtomRule::correlation, AtomRule::normalized_correlation, AtomRule::refit}) {
    const auto [codes, info] = pursue_orthogonally<double>(
        dictionary, p.signals.view(), {.nonzeros = count, .atoms = 200}, rule, nullptr, {});
    for (std::int64_t j = 0; j < 4; ++j) {
      ASSERT_EQ(codes[j].nonzeros(), 60u);
      const Refit best = refit(p.dictionary.view(), p.signals.column(j),
                               {codes[j].indices.begin(), codes[j].indices.end()});
      EXPECT_NEAR(2 * info.signals[std::size_t(j)].objective, best.squared, 1e-12 * best.squared);
      for (std::size_t i = 0; i < 60; ++i) EXPECT_NEAR(codes[j].values[i], best.z[i], 1e-10);
    }
  }
}

}  // namespace
}  // namespace striate::detail
