#include "striate/memory/detail/match.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/problems/planted_memory.h"

namespace striate::detail {
namespace {

TEST(Match, BestAndMargin) {
  const auto match = [](std::vector<double> c) { return best_match(c); };
  EXPECT_EQ(match({}).row, -1);
  EXPECT_EQ(match({0, 0}).row, -1);
  EXPECT_EQ(match({0.2, 0.7, 0.4}).row, 1);
  EXPECT_DOUBLE_EQ(match({0.2, 0.7, 0.4}).margin, 0.7 - 0.4);
  EXPECT_DOUBLE_EQ(match({0.4, 0.2, 0.7}).margin, 0.7 - 0.4);
  EXPECT_EQ(match({0.1, 0.7, 0.7}).row, 1);  // of equals the first
  EXPECT_EQ(match({0.1, 0.7, 0.7}).margin, 0);
  EXPECT_DOUBLE_EQ(match({0.3}).margin, 0.3);
}

TEST(Match, CrossTalkByPlainLoops) {
  const auto pairs = problems::random_codes<float>(60, 12, 30, 4, 0.5);
  const auto codes = units_of_pairs(pairs);
  std::vector<double> norms, all;
  for (std::int64_t p = 0; p < 30; ++p) norms.push_back(code_norm(codes[p]));
  for (std::int64_t p = 0; p < 30; ++p)
    for (std::int64_t q = p + 1; q < 30; ++q) {
      const auto a = problems::dense(pairs, p), b = problems::dense(pairs, q);
      std::complex<double> sum = 0;
      for (std::size_t i = 0; i < a.size(); ++i) sum += std::conj(a[i]) * b[i];
      all.push_back(std::abs(sum) / norms[static_cast<std::size_t>(p)] /
                    norms[static_cast<std::size_t>(q)]);
    }
  double mean = 0, variance = 0;
  for (double c : all) mean += c / static_cast<double>(all.size());
  for (double c : all) variance += (c - mean) * (c - mean) / static_cast<double>(all.size());
  const auto cosine = [&](std::int64_t p, std::int64_t q) {
    return std::abs(inner_product(codes[p], codes[q])) / norms[static_cast<std::size_t>(p)] /
           norms[static_cast<std::size_t>(q)];
  };
  EXPECT_NEAR(cross_talk(30, cosine), mean + 3 * std::sqrt(variance), 1e-9);
}

TEST(Match, CrossTalkOfManyIsSampledNearTheTruth) {
  const auto codes = units_of_pairs(problems::random_codes<double>(200, 10, 600, 7));
  const auto cosine = [&](std::int64_t p, std::int64_t q) {
    return std::abs(inner_product(codes[p], codes[q])) / 10;
  };
  double sum = 0, squares = 0, count = 0;
  for (std::int64_t p = 0; p < 600; ++p)
    for (std::int64_t q = 0; q < p; ++q) {
      const double c = cosine(p, q);
      sum += c, squares += c * c, ++count;
    }
  const double exact = sum / count + 3 * std::sqrt(squares / count - sum * sum / count / count);
  EXPECT_NEAR(cross_talk(600, cosine), exact, 0.02 * exact);
  EXPECT_EQ(cross_talk(1, cosine), 0);
}

TEST(Match, Kinds) {
  const auto kind = [](std::vector<double> c) { return kind_of(best_match(c), 0.3); };
  EXPECT_EQ(kind({0.1, 0.95}), Kind::pattern);
  EXPECT_EQ(kind({0.6, 0.5, 0.1}), Kind::mixture);
  EXPECT_EQ(kind({0.6, 0.2, 0.1}), Kind::diffuse);
  EXPECT_EQ(kind({0.1, 0.2}), Kind::diffuse);
  EXPECT_EQ(name_of(Kind::mixture), "mixture");
}

}  // namespace
}  // namespace striate::detail
