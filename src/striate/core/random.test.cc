#include "striate/core/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "striate/core/errors.h"

namespace striate {
namespace {

using Words = std::array<std::uint32_t, 4>;

// Philox 4x32-10 in plain loops, from the definition (Salmon et al. 2011, section 3.3).
Words philox(Words counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {
        static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
        static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

// Random123's published known-answer vectors (kat_vectors, philox4x32 10).
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, IsPhiloxOfSeedStreamItemAndBlock) {
  Random zero(0, 0, 0);
  for (std::uint32_t word : {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u})
    EXPECT_EQ(zero.bits(), word);

  const std::uint64_t seed = 0x299f31d0a4093822, item = 0x0370734413198a2e;
  Random random(seed, 0x85a308d3, item);
  for (std::uint32_t block = 0; block < 5; ++block)
    for (std::uint32_t word :
         philox({block, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}))
      EXPECT_EQ(random.bits(), word);
}

TEST(Random, StreamsItemsAndSeedsDiffer) {
  std::set<std::uint32_t> firsts;
  for (std::uint64_t seed : {0ull, 1ull, 1ull << 32})
    for (std::uint32_t s : {stream("patches"), stream("atoms")})
      for (std::uint64_t item : {0ull, 1ull, 1ull << 32})
        firsts.insert(Random(seed, s, item).bits());
  EXPECT_EQ(firsts.size(), 18u);
}

TEST(Stream, IsFnv1a) {  // published values of the 32-bit hash
  EXPECT_EQ(stream(""), 0x811c9dc5u);
  EXPECT_EQ(stream("a"), 0xe40c292cu);
  EXPECT_EQ(stream("foobar"), 0xbf9cf968u);
}

TEST(Random, UniformIsFlatOnTheHalfOpenInterval) {
  Random random(3, stream("uniform"));
  const int n = 200000, bins = 20;
  std::vector<int> counts(bins);
  double sum = 0, squares = 0;
  int odd = 0;
  for (int i = 0; i < n; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    ASSERT_EQ(u * 0x1p53, std::floor(u * 0x1p53));  // 53 bits, and the last is used
    odd += std::fmod(u * 0x1p53, 2) == 1;
    ++counts[static_cast<std::size_t>(u * bins)];
    sum += u;
    squares += u * u;
  }
  EXPECT_NEAR(odd, n / 2, 5 * std::sqrt(n / 4.0));
  double chi2 = 0;
  for (int count : counts) chi2 += std::pow(count - n / bins, 2) / (n / bins);
  EXPECT_LT(chi2, 43.8);  // 0.999 quantile of chi-squared with 19 degrees of freedom
  EXPECT_NEAR(sum / n, 0.5, 5 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(squares / n, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / n));
}

TEST(Random, NormalHasItsDistribution) {
  Random random(4, stream("normal"));
  std::vector<double> draws(100000);
  double sum = 0, squares = 0, lag = 0;
  for (double& x : draws) x = random.normal();
  for (std::size_t i = 0; i < draws.size(); ++i) {
    ASSERT_TRUE(std::isfinite(draws[i]));
    sum += draws[i];
    squares += draws[i] * draws[i];
    if (i > 0) lag += draws[i] * draws[i - 1];
  }
  const double n = static_cast<double>(draws.size()), error = 1 / std::sqrt(n);
  EXPECT_NEAR(sum / n, 0, 5 * error);
  EXPECT_NEAR(squares / n, 1, 5 * std::sqrt(2.0) * error);
  EXPECT_NEAR(lag / n, 0, 5 * error);
  // Kolmogorov and Smirnov: sqrt(n) sup |F_n - F| is above 1.95 once in 1000 times.
  std::sort(draws.begin(), draws.end());
  double worst = 0;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double F = std::erfc(-draws[i] / std::sqrt(2.0)) / 2;
    worst = std::max({worst, std::abs(F - double(i) / n), std::abs(F - double(i + 1) / n)});
  }
  EXPECT_LT(worst * std::sqrt(n), 1.95);
}

TEST(Random, BelowIsFlatAndStaysBelow) {
  for (std::uint64_t n : {1ull, 2ull, 7ull, 100ull}) {
    Random random(5, stream("below"), n);
    std::vector<int> counts(n);
    const double draws = 1000.0 * double(n);
    for (int i = 0; i < int(draws); ++i) {
      const std::uint64_t x = random.below(n);
      ASSERT_LT(x, n);
      ++counts[x];
    }
    for (int count : counts) EXPECT_NEAR(count, 1000, 5 * std::sqrt(1000.0));
  }
  // A quarter of all 64-bit words must be rejected here.
  Random random(6, stream("below"));
  const std::uint64_t big = 3ull << 62;
  int low = 0;
  for (int i = 0; i < 30000; ++i) low += random.below(big) < 1ull << 62;
  EXPECT_NEAR(low, 10000, 5 * std::sqrt(30000.0 * 2 / 9));  // without rejection 15000
  EXPECT_THAT([&] { random.below(0); },
              ::testing::ThrowsMessage<Error>("Random::below: n is 0; it must be at least 1"));
}

TEST(Permutation, HoldsEachOnceAndIsFair) {
  const auto order = permutation(1000, Random(7, stream("permutation")));
  std::vector<std::int64_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::int64_t i = 0; i < 1000; ++i) EXPECT_EQ(sorted[std::size_t(i)], i);
  EXPECT_NE(order, sorted);
  EXPECT_EQ(order, permutation(1000, Random(7, stream("permutation"))));

  std::array<int, 6> counts{};  // the six orders of three
  for (std::uint64_t item = 0; item < 6000; ++item) {
    const auto three = permutation(3, Random(8, stream("permutation"), item));
    ++counts[std::size_t(three[0] * 2 + (three[1] > three[2]))];
  }
  for (int count : counts) EXPECT_NEAR(count, 1000, 5 * std::sqrt(1000.0));
  EXPECT_TRUE(permutation(0, Random(0, 0)).empty());
  EXPECT_THROW(permutation(-1, Random(0, 0)), Error);
}

}  // namespace
}  // namespace striate
