#include "striate/memory/rules/sdm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/memory/associative_memory.h"
#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using Complex = std::complex<double>;
using testing::HasSubstr;
using testing::ThrowsMessage;

SparseCodes<double> signs(std::int64_t n, std::int64_t count, std::uint64_t seed) {
  Matrix<Complex> z(n, count);
  for (std::int64_t p = 0; p < count; ++p) {
    Random random(seed, stream("signs"), static_cast<std::uint64_t>(p));
    for (std::int64_t i = 0; i < n; ++i) z(i, p) = random.uniform() < 0.5 ? 1 : -1;
  }
  return pairs_of_complex<double>(z.view());
}

// The same with `flips` signs of each turned.
SparseCodes<double> flipped(const SparseCodes<double>& codes, std::int64_t flips) {
  SparseCodes<double> result = codes;
  const std::int64_t atoms = codes.atoms();
  for (std::int64_t p = 0; p < codes.signals(); ++p) {
    const auto order = permutation(atoms / 2, Random(9, stream("flips"), std::uint64_t(p)));
    for (std::int64_t i = 0; i < flips; ++i)
      result.values()[static_cast<std::size_t>(p * atoms + 2 * order[std::size_t(i)])] *= -1;
  }
  return result;
}

// Kanerva's figure: of 1000 signs at most 451 differ with probability 0.00107.
TEST(Sdm, AnAddressIsReachedAsOftenAsKanervaSays) {
  EXPECT_NEAR(detail::share_within(1000, 451), 0.00107, 0.000005);
  EXPECT_EQ(detail::radius_for(1000, 0.00108), 451);
  EXPECT_NEAR(detail::share_within(4, 1), 5.0 / 16, 1e-14);
  EXPECT_EQ(detail::radius_for(3, 0.01), 0);
}

// u is symmetric in what was written and what reads: with one pattern it is the pattern, times the
// number of locations that both it and the state reach.
TEST(Sdm, OnePatternIsReadWhereBothReach) {
  const auto pattern = signs(200, 1, 1);
  AssociativeMemory<double> memory(sdm, {.units = 200, .locations = 3000, .radius = 90});
  memory.store(pattern);
  const auto x = problems::dense(pattern, 0);
  double at_pattern = 0;
  for (const std::int64_t flips : {0, 30, 200}) {
    const auto u = memory.field(flipped(pattern, flips));
    const double times = (u(0, 0) / x[0]).real();
    for (std::int64_t i = 0; i < 200; ++i)
      EXPECT_EQ(u(i, 0), times * x[static_cast<std::size_t>(i)]);
    EXPECT_EQ(times, std::round(times));
    if (flips == 0) at_pattern = times;
    // No location reaches both of two opposites.
    if (flips > 0) {
      EXPECT_LT(times, at_pattern);
    }
    if (flips == 200) {
      EXPECT_EQ(times, 0);
    }
  }
  const double expected = 3000 * detail::share_within(200, 90);
  EXPECT_NEAR(at_pattern, expected, 5 * std::sqrt(expected));
}

TEST(Sdm, SettlesOnStoredSignsAndHoldsWhereNothingIsReached) {
  const auto codes = signs(256, 60, 1);
  AssociativeMemory<double> memory(sdm, {.units = 256});
  const auto ids = memory.store(codes);
  const auto recalled = memory.recall(flipped(codes, 30));
  EXPECT_EQ(recalled.ids, ids);
  int same = 0;
  for (std::int64_t p = 0; p < 60; ++p)
    same += problems::dense(recalled.states, p) == problems::dense(codes, p);
  EXPECT_GE(same, 58);
  EXPECT_EQ(memory.covered_by(), Cover::none);

  AssociativeMemory<double> narrow(sdm, {.units = 256, .locations = 10, .radius = 1});
  narrow.store(codes);
  const auto held = narrow.recall(flipped(codes, 30));
  EXPECT_EQ(problems::dense(held.states, 3), problems::dense(flipped(codes, 30), 3));
}

TEST(Sdm, ForgettingIsExact) {
  const auto codes = signs(128, 30, 1);
  AssociativeMemory<double> memory(sdm, {.units = 128}), rest(sdm, {.units = 128});
  memory.store(codes);
  memory.recall(codes.slice(0, 2));
  memory.forget(std::vector<std::int64_t>{20, 21, 22, 23, 24, 25, 26, 27, 28, 29});
  rest.store(codes.slice(0, 20));
  EXPECT_EQ(memory.field(codes), rest.field(codes));
}

// Counters are written where the pattern reaches and read where the state does: not the field of an
// energy.
TEST(Sdm, HasNoGuarantee) {
  int rises = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    AssociativeMemory<double> memory(sdm, {.units = 16, .locations = 50, .radius = 4});
    memory.store(signs(16, 8, seed));
    const auto recalled = memory.recall(signs(16, 8, seed + 1000), {.trace = true});
    for (const auto& energies : recalled.energies)
      for (std::size_t t = 1; t < energies.size(); ++t)
        rises += energies[t] > energies[t - 1] + 1e-12;
  }
  EXPECT_GT(rises, 0);
}

TEST(Sdm, RefusesMoreCountersThanItKeeps) {
  const auto make = [](MemorySettings settings) {
    settings.units = 200000;
    AssociativeMemory<float> memory(sdm, settings);
    memory.k();
  };
  EXPECT_THAT([&] { make({}); }, ThrowsMessage<Error>(HasSubstr("locations is 10000 and units")));
  EXPECT_THAT([&] { make({.locations = 0}); }, ThrowsMessage<Error>(HasSubstr("locations is 0")));
}

}  // namespace
}  // namespace striate
