#include "striate/memory/rules/willshaw.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/memory/associative_memory.h"
#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using Complex = std::complex<double>;
using Matrix01 = std::vector<std::vector<int>>;

Matrix01 clipped(const SparseCodes<double>& codes) {
  const auto n = static_cast<std::size_t>(codes.atoms() / 2);
  Matrix01 j(n, std::vector<int>(n));
  for (std::int64_t p = 0; p < codes.signals(); ++p) {
    const auto z = problems::dense(codes, p);
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b < n; ++b)
        if (z[a] != 0.0 && z[b] != 0.0) j[a][b] = 1;
  }
  return j;
}

// One step with the threshold at the number of active units.
TEST(Willshaw, FollowsTheTextbook) {
  const auto codes = problems::random_codes<double>(70, 7, 40, 1, 0.5);
  const auto cues = problems::random_codes<double>(70, 3, 30, 2, 0.5);
  AssociativeMemory<double> memory(
      willshaw, {.units = 70, .truncation = Truncation::dynamic, .k = 7, .theta = 1 - 1e-6});
  memory.store(codes);
  EXPECT_EQ(memory.covered_by(), Cover::none);
  const Matrix01 j = clipped(codes);
  const auto u = memory.field(cues);
  const auto recalled = memory.recall(cues, {.max_steps = 1});
  for (std::int64_t q = 0; q < 30; ++q) {
    const auto z = problems::dense(cues, q), state = problems::dense(recalled.states, q);
    for (std::size_t i = 0; i < 70; ++i) {
      int count = 0;
      Complex sum = 0;
      for (std::size_t l = 0; l < 70; ++l) {
        count += j[i][l] * (z[l] != 0.0);
        sum += double(j[i][l]) * z[l];
      }
      EXPECT_EQ(state[i], count == 3 ? 1.0 : 0.0);
      EXPECT_NEAR(std::abs(u(static_cast<std::int64_t>(i), q) - sum), 0, 1e-12);
    }
  }
}

// Half of a pattern calls all of it, at a load of J of about 1 - exp(-P K^2 / n^2) = 0.22.
TEST(Willshaw, AFullOrPartialCueLosesNoTrueUnit) {
  const auto codes = problems::random_codes<double>(200, 10, 100, 3, 0.5);
  UnitCodes<double> halves(200);
  const auto units = units_of_pairs(codes);
  for (std::int64_t p = 0; p < 100; ++p)
    halves.append({units[p].units.subspan(0, 6), units[p].values.subspan(0, 6)});
  for (const bool winners : {false, true}) {
    MemorySettings settings{.units = 200};
    if (!winners) {
      settings.truncation = Truncation::dynamic;
      settings.theta = 1 - 1e-6;
    }
    AssociativeMemory<double> memory(willshaw, settings);
    const auto ids = memory.store(codes);
    EXPECT_EQ(memory.recall(codes, {.max_steps = 1}).ids, ids);
    const auto recalled = memory.recall(pairs_of_units(halves), {.max_steps = 1});
    EXPECT_EQ(recalled.ids, ids);
    if (winners) continue;
    for (std::int64_t p = 0; p < 100; ++p) {
      const auto state = problems::dense(recalled.states, p);
      for (const std::int32_t i : units[p].units)
        EXPECT_EQ(state[static_cast<std::size_t>(i)], 1.0);
    }
  }
}

// J = (1 1 0; 1 1 1; 0 1 1) from the patterns {0, 1} and {1, 2} has an eigenvalue 1 - sqrt(2):
// whole vectors can rise in energy.
TEST(Willshaw, HasNoGuarantee) {
  int rises = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    AssociativeMemory<double> memory(willshaw, {.units = 12, .k = 3});
    memory.store(problems::random_codes<double>(12, 3, 5, seed));
    const auto recalled =
        memory.recall(problems::random_codes<double>(12, 3, 6, seed + 1000), {.trace = true});
    for (const auto& energies : recalled.energies)
      for (std::size_t t = 1; t < energies.size(); ++t)
        rises += energies[t] > energies[t - 1] + 1e-12;
  }
  EXPECT_GT(rises, 10);
}

TEST(Willshaw, ForgettingLeavesWhatOtherPatternsNeed) {
  const auto codes = problems::random_codes<double>(30, 8, 10, 5);  // they share pairs of units
  AssociativeMemory<double> memory(willshaw, {.units = 30}), rest(willshaw, {.units = 30});
  memory.store(codes);
  memory.recall(codes);
  memory.forget(std::vector<std::int64_t>{7, 8, 9});
  rest.store(codes.slice(0, 7));
  EXPECT_EQ(memory.field(codes), rest.field(codes));
  EXPECT_NE(clipped(codes), clipped(codes.slice(0, 7)));
}

TEST(Willshaw, RefusesTooManyUnits) {
  EXPECT_THAT([] { AssociativeMemory<float>(willshaw, {.units = 65537}); },
              testing::ThrowsMessage<Error>(
                  testing::HasSubstr("units is 65537; willshaw takes at most 65536")));
}

}  // namespace
}  // namespace striate
