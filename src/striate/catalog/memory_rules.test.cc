#include "striate/catalog/memory_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using testing::HasSubstr;

// What every rule of the table has to keep, new ones too.

TEST(MemoryRules, AreDescribedAndNamedOnce) {
  std::set<std::string_view> names;
  for (const MemoryRule* rule : memory_rules()) {
    EXPECT_TRUE(names.insert(rule->name).second) << rule->name;
    EXPECT_FALSE(rule->summary.empty());
    EXPECT_FALSE(rule->source.empty());
    EXPECT_NE(rule->normalization, Normalization::automatic);
    EXPECT_NE(rule->diagonal, Diagonal::automatic);
    EXPECT_EQ(&memory_rule(rule->name), rule);
  }
  EXPECT_TRUE(names.contains(MemorySettings().rule));
}

TEST(MemoryRules, UnknownNameSuggestsTheNearest) {
  try {
    memory_rule("tpan");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no rule tpan; did you mean tpam; there are "));
    EXPECT_THAT(error.what(), HasSubstr("graded_hebbian"));
  }
}

// Convex Phi and u its (sub)gradient, which is what the theorems stand on:
// Phi(b) >= Phi(a) + Re <b - a, g(a)> for all overlaps a, b.
TEST(MemoryRules, ConvexRulesHaveTheSubgradientTheyClaim) {
  for (const MemoryRule* rule : memory_rules()) {
    if (!rule->convex) continue;
    const auto codes = units_of_pairs(problems::random_codes<double>(20, 5, 7, 1));
    const auto weighting = rule->prepare<double>(codes, {.units = 20});
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
      Random random(seed, stream("overlaps"));
      std::vector<std::complex<double>> a(7), b(7);
      for (auto& x : a) x = random.normal() * problems::random_phase(random);
      for (auto& x : b) x = random.normal() * problems::random_phase(random);
      auto g = a;
      weighting->weigh(g);
      double bound = weighting->potential(a);
      for (std::size_t p = 0; p < 7; ++p) bound += (std::conj(b[p] - a[p]) * g[p]).real();
      EXPECT_GE(weighting->potential(b), bound - 1e-12) << rule->name;
    }
  }
}

TEST(MemoryRules, TurningTheOverlapsTurnsTheWeights) {
  const std::complex<double> turn = std::polar(1.0, 0.7);
  for (const MemoryRule* rule : memory_rules()) {
    const auto codes = units_of_pairs(problems::random_codes<double>(20, 5, 7, 1));
    const auto weighting = rule->prepare<double>(codes, {.units = 20});
    Random random(3, stream("overlaps"));
    std::vector<std::complex<double>> a(7);
    for (auto& x : a) x = random.normal() * problems::random_phase(random);
    auto turned = a;
    for (auto& x : turned) x *= turn;
    EXPECT_NEAR(weighting->potential(turned), weighting->potential(a), 1e-12);
    weighting->weigh(a);
    weighting->weigh(turned);
    for (std::size_t p = 0; p < 7; ++p)
      EXPECT_NEAR(std::abs(turned[p] - turn * a[p]), 0, 1e-12) << rule->name;
  }
}

// What a memory says of its cover holds, in any order that it takes.
TEST(MemoryRules, TheEnergyNeverRisesWhereACoverSaysSo) {
  const auto codes = problems::random_codes<double>(60, 8, 25, 5, 0.5);
  const auto cues = problems::damaged(codes, 4, 0.6, 6);
  for (const MemoryRule* rule : memory_rules())
    for (const auto order : {Order::synchronous, Order::asynchronous, Order::monotone})
      for (const auto normalization : {Normalization::phase, Normalization::vector})
        for (const auto truncation : {Truncation::k_winners, Truncation::absolute}) {
          MemorySettings settings{.units = 60,
                                  .rule = std::string(rule->name),
                                  .truncation = truncation,
                                  .normalization = normalization,
                                  .order = order};
          if (truncation == Truncation::absolute) settings.theta = 0.3;
          if (order == Order::asynchronous && normalization == Normalization::vector) continue;
          if (order == Order::monotone && !rule->convex) continue;
          auto memory = make_memory<double>(settings);
          EXPECT_TRUE(order == Order::synchronous || !rule->convex ||
                      memory.covered_by() != Cover::none);
          if (memory.covered_by() == Cover::none || memory.covered_by() == Cover::t3_partial)
            continue;
          memory.store(codes);
          for (const auto& energies : memory.recall(cues, {.trace = true}).energies)
            for (std::size_t t = 1; t < energies.size(); ++t)
              EXPECT_LE(energies[t], energies[t - 1] + 1e-12 * std::abs(energies[t - 1]))
                  << rule->name << " " << name_of(memory.covered_by());
        }
}

TEST(MemoryRules, RecallWhatIsStoredThenForgetItExactly) {
  const auto codes = problems::random_codes<float>(200, 10, 12, 5, 0.3);
  const std::vector<std::int64_t> ids = {30, 31, 32, 33};
  for (const MemoryRule* rule : memory_rules()) {
    MemorySettings settings;
    settings.units = 200;
    settings.rule = std::string(rule->name);
    auto memory = make_memory<float>(settings);
    memory.store(codes.slice(0, 8));
    const Archive before = memory.to_archive();
    memory.store(codes.slice(8, 4), ids);
    const auto recalled = memory.recall(problems::damaged(codes, 2, 0.2, 6));
    for (std::size_t i = 0; i < 12; ++i)
      EXPECT_EQ(recalled.ids[i], static_cast<std::int64_t>(i < 8 ? i : i + 22)) << rule->name;
    memory.forget(ids);
    EXPECT_EQ(memory.to_archive(), before);
    const auto loaded = memory_from_archive<float>(before);
    EXPECT_EQ(loaded.rule().name, rule->name);
    EXPECT_EQ(loaded.to_archive(), before);
  }
}

}  // namespace
}  // namespace striate
