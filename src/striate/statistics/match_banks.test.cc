#include "striate/statistics/match_banks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "striate/core/random.h"

namespace striate {
namespace {

struct Bank {
  Matrix<double> filters;
  std::int64_t rows, columns, channels = 1;
  operator BankView<double>() const { return {filters.view(), rows, columns, channels}; }
};

Bank noise(std::int64_t count, std::int64_t rows, std::int64_t columns, std::uint64_t item,
           std::int64_t channels = 1) {
  Random random(1, stream("match banks test"), item);
  Bank bank{Matrix<double>(rows * columns * channels, count), rows, columns, channels};
  for (std::int64_t k = 0; k < count; ++k)
    for (double& x : bank.filters.column(k)) x = random.normal();
  return bank;
}

// 0 outside the frame.
double tap(const Bank& bank, std::int64_t k, std::int64_t r, std::int64_t c, std::int64_t channel) {
  if (r < 0 || c < 0 || r >= bank.rows || c >= bank.columns) return 0;
  return bank.filters((r * bank.columns + c) * bank.channels + channel, k);
}

// The signed cosine at one shift, by plain loops.
double cosine(const Bank& a, std::int64_t i, const Bank& b, std::int64_t j, std::int64_t row,
              std::int64_t column) {
  double ab = 0, aa = 0, bb = 0;
  for (std::int64_t r = 0; r < a.rows; ++r)
    for (std::int64_t c = 0; c < a.columns; ++c)
      for (std::int64_t k = 0; k < a.channels; ++k)
        ab += tap(a, i, r, c, k) * tap(b, j, r - row, c - column, k);
  for (const double x : a.filters.column(i)) aa += x * x;
  for (const double x : b.filters.column(j)) bb += x * x;
  return aa == 0 || bb == 0 ? 0 : ab / std::sqrt(aa * bb);
}

double similarity(const Bank& a, std::int64_t i, const Bank& b, std::int64_t j,
                  std::int64_t max_shift) {
  double best = 0;
  for (std::int64_t row = -max_shift; row <= max_shift; ++row)
    for (std::int64_t column = -max_shift; column <= max_shift; ++column)
      best = std::max(best, std::abs(cosine(a, i, b, j, row, column)));
  return best;
}

// Every pair and the whole matching, from the taps.
void check(const Bank& a, const Bank& b, std::optional<int> max_shift) {
  const BankMatch match = match_banks<double>(a, b, {.max_shift = max_shift});
  const std::int64_t limit = max_shift.value_or(20);
  const std::int64_t na = a.filters.columns(), nb = b.filters.columns();
  ASSERT_EQ(std::ssize(match.pairs), std::min(na, nb));
  double sum = 0;
  std::vector<int> used(static_cast<std::size_t>(nb));
  for (std::size_t k = 0; k < match.pairs.size(); ++k) {
    const FilterMatch& pair = match.pairs[k];
    EXPECT_GT(pair.a, k > 0 ? match.pairs[k - 1].a : -1);
    EXPECT_EQ(used[static_cast<std::size_t>(pair.b)]++, 0);
    EXPECT_NEAR(pair.similarity, similarity(a, pair.a, b, pair.b, limit), 1e-12);
    EXPECT_NEAR(pair.sign * cosine(a, pair.a, b, pair.b, pair.row, pair.column), pair.similarity,
                1e-12);
    sum += pair.similarity;
  }
  EXPECT_NEAR(match.mean_distance, 1 - sum / static_cast<double>(match.pairs.size()), 1e-12);
  // No other matching has a larger sum.
  std::vector<std::int64_t> order(static_cast<std::size_t>(std::max(na, nb)));
  std::iota(order.begin(), order.end(), 0);
  Matrix<double> all(na, nb);
  for (std::int64_t i = 0; i < na; ++i)
    for (std::int64_t j = 0; j < nb; ++j) all(i, j) = similarity(a, i, b, j, limit);
  double best = 0;
  do {
    double total = 0;
    for (std::int64_t k = 0; k < std::min(na, nb); ++k) {
      const std::int64_t other = order[static_cast<std::size_t>(k)];
      total += na <= nb ? all(k, other) : all(other, k);
    }
    best = std::max(best, total);
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_NEAR(sum, best, 1e-11);
}

TEST(MatchBanks, IsTheBestOfAllMatchings) {
  std::uint64_t item = 0;
  for (const std::optional<int> max_shift : {std::optional<int>(), {0}, {1}, {3}})
    for (const auto& [na, nb] : {std::pair{5, 5}, {4, 7}, {6, 3}, {1, 1}}) {
      check(noise(na, 4, 5, item), noise(nb, 4, 5, item + 100), max_shift);
      check(noise(na, 3, 6, item), noise(nb, 5, 4, item + 100), max_shift);
      check(noise(na, 3, 4, item, 3), noise(nb, 3, 4, item + 100, 3), max_shift);
      ++item;
    }
}

TEST(MatchBanks, FindsShuffledShiftedScaledFilters) {
  // Filters of 5 x 6 taps, in frames of 12 x 12 at one place and in other frames at another.
  const std::int64_t count = 30;
  const Bank core = noise(count, 5, 6, 7);
  Bank a{Matrix<double>(144, count), 12, 12}, b{Matrix<double>(11 * 14, count), 11, 14};
  for (std::int64_t k = 0; k < count; ++k)
    for (std::int64_t r = 0; r < 5; ++r)
      for (std::int64_t c = 0; c < 6; ++c) {
        const double x = tap(core, k, r, c, 0);
        a.filters((r + k % 7) * 12 + c + k % 5, k) = x;
        b.filters((r + k % 4) * 14 + c + 7, 7 * k % count) = (k % 2 ? -1e-3 : 1e3) * x;
      }
  const BankMatch match = match_banks<double>(a, b);
  ASSERT_EQ(std::ssize(match.pairs), count);
  for (std::int64_t k = 0; k < count; ++k) {
    const FilterMatch& pair = match.pairs[static_cast<std::size_t>(k)];
    EXPECT_EQ(pair.a, k);
    EXPECT_EQ(pair.b, 7 * k % count);
    EXPECT_NEAR(pair.similarity, 1, 1e-12);
    EXPECT_EQ(pair.row, k % 7 - k % 4);
    EXPECT_EQ(pair.column, k % 5 - 7);
    EXPECT_EQ(pair.sign, k % 2 ? -1 : 1);
  }
  EXPECT_NEAR(match.mean_distance, 0, 1e-12);
}

TEST(MatchBanks, TakesTheShortestOfEqualShifts) {
  // A wave along the rows: shifts by half a period fit nearly as well, shifts along the bars and
  // back are cut. Against itself only the shift 0 has similarity 1.
  Bank wave{Matrix<double>(64, 1), 8, 8};
  for (std::int64_t i = 0; i < 64; ++i) wave.filters(i, 0) = i % 2 ? -1 : 1;
  const FilterMatch same = match_banks<double>(wave, wave).pairs[0];
  EXPECT_EQ(same.row, 0);
  EXPECT_EQ(same.column, 0);
  // A point against a constant: every place is as good, the middle one is not special.
  Bank point{Matrix<double>(1, 1), 1, 1}, constant{Matrix<double>(9, 1), 3, 3};
  point.filters(0, 0) = 2;
  for (double& x : constant.filters.column(0)) x = -1;
  const FilterMatch any = match_banks<double>(constant, point).pairs[0];
  EXPECT_NEAR(any.similarity, 1 / 3., 1e-12);
  EXPECT_EQ(any.row, 0);
  EXPECT_EQ(any.column, 0);
  EXPECT_EQ(any.sign, -1);
}

TEST(MatchBanks, ZerosAreLikeNothing) {
  Bank a = noise(3, 4, 4, 1);
  Bank b = a;
  for (double& x : b.filters.column(1)) x = 0;
  const BankMatch match = match_banks<double>(a, b);
  EXPECT_EQ(match.pairs[1].b, 1);
  EXPECT_EQ(match.pairs[1].similarity, 0);
  EXPECT_EQ(match.pairs[1].sign, 1);
  EXPECT_NEAR(match.mean_distance, 1 / 3., 1e-12);
}

TEST(MatchBanks, SameBitsForAnyNumberOfThreads) {
  const Bank a = noise(9, 6, 6, 1), b = noise(12, 6, 6, 2);
  const BankMatch one = match_banks<double>(a, b, {}, {.threads = 1});
  for (const int threads : {2, 4}) {
    const BankMatch more = match_banks<double>(a, b, {}, {.threads = threads});
    EXPECT_EQ(more.mean_distance, one.mean_distance);
    for (std::size_t k = 0; k < 9; ++k)
      EXPECT_EQ(more.pairs[k].similarity, one.pairs[k].similarity);
  }
}

std::string message(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(MatchBanks, RefusesWhatIsNoBank) {
  const Bank good = noise(2, 4, 4, 1);
  EXPECT_EQ(message([&] { match_banks<double>(good, noise(0, 4, 4, 1)); }),
            "match_banks: the second bank has no filters; at least one is needed");
  EXPECT_EQ(message([&] { match_banks<double>(good, noise(2, 2, 2, 1, 3)); }),
            "match_banks: filters of 1 and of 3 channels; both banks must have the same");
  Bank bad = good;
  bad.rows = 3;
  EXPECT_EQ(message([&] { match_banks<double>(bad, good); }),
            "match_banks: filters of the first bank have 16 taps, not 3 x 4 of 1 channels");
  bad = good;
  bad.filters(2, 1) = NAN;
  EXPECT_EQ(message([&] { match_banks<double>(bad, good); }),
            "match_banks: filter 1 of the first bank has a tap that is not finite; all must be "
            "numbers");
  EXPECT_EQ(message([&] { match_banks<double>(good, good, {.max_shift = -1}); }).substr(0, 12),
            "match_banks:");
}

}  // namespace
}  // namespace striate
