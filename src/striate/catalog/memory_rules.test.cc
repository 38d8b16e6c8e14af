#include "striate/catalog/memory_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
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

TEST(MemoryRules, SettingsOfOtherRulesAreRefused) {
  const auto refusal = [](MemorySettings settings) -> std::string {
    try {
      settings.units = 8;
      make_memory<float>(settings);
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing thrown";
  };
  EXPECT_THAT(refusal({.rule = "tpam", .beta = 2.0}), HasSubstr("tpam has no beta; softmax has"));
  EXPECT_THAT(refusal({.rule = "top1", .power = 2.0}), HasSubstr("top1 has no power; power has"));
  EXPECT_THAT(refusal({.rule = "pinv", .overlap_top = 2}), HasSubstr("pinv has no overlap_top; "));
  EXPECT_THAT(refusal({.rule = "power", .power = 0.5}),
              HasSubstr("power is 0.5; it must be from 1"));
  EXPECT_THAT(refusal({.rule = "tpam", .diagonal = Diagonal::zero, .overlap_cut = 0.2}),
              HasSubstr("diagonal is zero but tpam with overlaps cut has no weight matrix"));
  for (const MemoryRule* rule : memory_rules())
    for (const std::string_view option : rule->options)
      EXPECT_TRUE(option.empty() || std::ranges::count(rule_options, option) == 1) << option;
}

// The settings with which every rule is looked at: its own and those that cut overlaps.
std::vector<MemorySettings> variants(const MemoryRule& rule, std::int64_t units) {
  std::vector<MemorySettings> all = {{.units = units, .rule = std::string(rule.name)}};
  // Of two nearly dependent patterns rounding is multiplied by 1 / ridge.
  if (has_option(rule, "ridge")) all.front().ridge = 0.1;
  const auto add = [&](std::string_view option, const Value& value) {
    if (!has_option(rule, option)) return;
    all.push_back(all.front());
    assign("variants", all.back(), option, value);
  };
  add("power", 1.0);
  add("power", 5.5);
  add("beta", 1.0);
  add("overlap_cut", 0.3);
  add("overlap_top", std::int64_t{2});
  if (has_option(rule, "overlap_top")) {
    add("overlap_cut", 0.2);
    all.back().overlap_top = 3;
  }
  return all;
}

// Convex Phi and u its (sub)gradient, which is what the theorems stand on:
// Phi(b) >= Phi(a) + Re <b - a, g(a)> for all overlaps a, b.
TEST(MemoryRules, ConvexRulesHaveTheSubgradientTheyClaim) {
  for (const MemoryRule* rule : memory_rules()) {
    if (!rule->convex) continue;
    const auto codes = units_of_pairs(problems::random_codes<double>(20, 5, 7, 1));
    for (const MemorySettings& settings : variants(*rule, 20))
      for (const std::vector<double>& weights :
           {std::vector<double>{}, {0.5, 2, 1, 1, 3, 1, 0.1}}) {
        const auto weighting =
            rule->prepare<double>({.codes = codes, .weights = weights, .scale = 0.7}, settings);
        for (std::uint64_t seed = 0; seed < 2000; ++seed) {
          Random random(seed, stream("overlaps"));
          std::vector<std::complex<double>> a(7), b(7);
          for (auto& x : a) x = random.normal() * problems::random_phase(random);
          for (auto& x : b) x = random.normal() * problems::random_phase(random);
          auto g = a;
          weighting->weigh(g, weights);
          double bound = weighting->potential(a, weights), size = 1;
          for (std::size_t p = 0; p < 7; ++p) {
            bound += (std::conj(b[p] - a[p]) * g[p]).real();
            size += std::abs(b[p] - a[p]) * std::abs(g[p]);
          }
          EXPECT_GE(weighting->potential(b, weights), bound - 1e-13 * size) << rule->name;
        }
      }
  }
}

TEST(MemoryRules, TurningTheOverlapsTurnsTheWeights) {
  const std::complex<double> turn = std::polar(1.0, 0.7);
  for (const MemoryRule* rule : memory_rules()) {
    const auto codes = units_of_pairs(problems::random_codes<double>(20, 5, 7, 1));
    for (const MemorySettings& settings : variants(*rule, 20)) {
      const auto weighting = rule->prepare<double>(codes, settings);
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
}

// A pattern of weight 2 is two copies of it, for the field and the energy alike (a cut of the
// number of overlaps counts patterns, not copies).
TEST(MemoryRules, WeightsAreCopies) {
  const auto codes = problems::random_codes<double>(40, 6, 5, 1);
  const auto states = problems::random_codes<double>(40, 6, 8, 2);
  for (const MemoryRule* rule : memory_rules())
    for (MemorySettings settings : variants(*rule, 40)) {
      if (settings.overlap_top) continue;
      settings.k = 6;
      auto weighted = make_memory<double>(settings), copied = make_memory<double>(settings);
      weighted.store(codes, {}, std::vector<double>{1, 2, 1, 3, 1});
      copied.store(codes);
      for (const std::int64_t p : {1, 3, 3}) copied.store(codes.slice(p, 1));
      const auto a = weighted.field(states), b = copied.field(states);
      for (std::size_t i = 0; i < a.size(); ++i)
        EXPECT_NEAR(std::abs(a.data()[i] - b.data()[i]), 0, 1e-12) << rule->name;
      const auto e = weighted.energy(states), f = copied.energy(states);
      for (std::size_t i = 0; i < e.size(); ++i) EXPECT_NEAR(e[i], f[i], 1e-12) << rule->name;
    }
}

// Turning a state turns its field and leaves its energy, in every memory of complex states; so a
// turned cue recalls the turned state, unless rounding decides between equal units: phasors of one
// pattern alone are, so here most units belong to several.
TEST(MemoryRules, TurningTheCueTurnsTheState) {
  const std::complex<double> turn = std::polar(1.0, 0.7);
  const auto codes = problems::random_codes<double>(60, 25, 10, 1, 0.3);
  const auto cues = problems::damaged(codes, 5, 0.3, 2);
  Matrix<std::complex<double>> dense(60, 10);
  for (std::int64_t j = 0; j < 10; ++j) {
    const auto z = problems::dense(cues, j);
    for (std::int64_t i = 0; i < 60; ++i) dense(i, j) = turn * z[static_cast<std::size_t>(i)];
  }
  const auto turned = pairs_of_complex<double>(dense.view());
  for (const MemoryRule* rule : memory_rules())
    for (const MemorySettings& settings : variants(*rule, 60)) {
      if (is_real(rule->form)) continue;
      auto memory = make_memory<double>(settings);
      memory.store(codes);
      const auto u = memory.field(cues), v = memory.field(turned);
      for (std::size_t i = 0; i < u.size(); ++i)
        EXPECT_NEAR(std::abs(turn * u.data()[i] - v.data()[i]), 0, 1e-9) << rule->name;
      const auto e = memory.energy(cues), f = memory.energy(turned);
      for (std::size_t i = 0; i < e.size(); ++i) EXPECT_NEAR(e[i], f[i], 1e-9) << rule->name;
      if (settings.overlap_cut || settings.overlap_top) continue;
      const auto straight = memory.recall(cues), rotated = memory.recall(turned);
      EXPECT_EQ(straight.ids, rotated.ids) << rule->name;
      for (std::int64_t j = 0; j < 10; ++j) {
        const auto a = problems::dense(straight.states, j), b = problems::dense(rotated.states, j);
        for (std::size_t i = 0; i < 60; ++i)
          EXPECT_NEAR(std::abs(turn * a[i] - b[i]), 0, 1e-6) << rule->name;
      }
    }
}

// T1 and T2 on 10,000 random problems for every rule that claims them: 400 memories of up to 12 units
// and 8 weighted patterns, the variants in turn, 25 cues each. Returns by how much the energy rose at
// most, relative.
double largest_rise(const MemoryRule& rule, Cover cover) {
  const std::vector<MemorySettings> all = variants(rule, 1);
  double worst = -1;
  int moved = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Random random(seed, stream("problem"));
    const auto n = static_cast<std::int64_t>(2 + random.below(11));
    const auto active = static_cast<std::int64_t>(1 + random.below(std::uint64_t(n)));
    const auto count = static_cast<std::int64_t>(1 + random.below(8));
    MemorySettings settings = all[seed % all.size()];
    settings.units = n;
    settings.k = active;
    settings.diagonal = Diagonal::keep;
    settings.normalization = Normalization::phase;
    if (cover == Cover::t1) {
      settings.truncation = Truncation::absolute;
      settings.theta = random.uniform();
    } else if (random.uniform() < 0.5 && !is_real(rule.form)) {
      settings.normalization = Normalization::vector;
    }
    auto memory = make_memory<double>(settings);
    std::vector<double> weights;
    for (std::int64_t p = 0; p < count; ++p) weights.push_back(0.1 + 2 * random.uniform());
    memory.store(problems::random_codes<double>(n, active, count, seed, 0.5), {}, weights);
    EXPECT_EQ(memory.covered_by(), cover);
    const auto recalled =
        memory.recall(problems::random_codes<double>(n, n, 25, seed + 1000, 1),
                      {.max_steps = 8, .tolerance = 0, .trace = true}, {.threads = 1});
    for (const auto& energies : recalled.energies) {
      moved += energies.back() < energies.front() - 1e-3;
      for (std::size_t t = 1; t < energies.size(); ++t)
        worst =
            std::max(worst, (energies[t] - energies[t - 1]) /
                                std::max({1.0, std::abs(energies[t]), std::abs(energies[t - 1])}));
    }
  }
  EXPECT_GT(moved, 1000) << rule.name;
  return worst;
}

TEST(MemoryRules, T1HoldsForEveryConvexRule) {
  for (const MemoryRule* rule : memory_rules())
    if (rule->convex) {
      EXPECT_LE(largest_rise(*rule, Cover::t1), 1e-12) << rule->name;
    }
}

TEST(MemoryRules, T2HoldsForEveryConvexRule) {
  for (const MemoryRule* rule : memory_rules())
    if (rule->convex) {
      EXPECT_LE(largest_rise(*rule, Cover::t2), 1e-12) << rule->name;
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
          if (order != Order::synchronous && rule->own_field) {
            EXPECT_THROW(make_memory<double>(settings), Error) << rule->name;
            continue;
          }
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
    auto memory = make_memory<float>({.units = 200, .rule = std::string(rule->name)});
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

TEST(MemoryRules, AnswerEverythingAndTheSameForAnyThreads) {
  const auto codes = problems::random_codes<float>(128, 12, 30, 1, 0.6);
  const auto cues = problems::damaged(codes, 4, 0.5, 2);
  for (const MemoryRule* rule : memory_rules())
    for (const MemorySettings& settings : variants(*rule, 128)) {
      SCOPED_TRACE(rule->name);
      auto memory = make_memory<float>(settings);
      EXPECT_EQ(memory.recall(cues).kinds, std::vector<Kind>(30, Kind::silent));  // empty
      memory.store(codes);
      for (const auto readout : {Readout::state, Readout::graded, Readout::identity}) {
        const auto one = memory.recall(cues, {.readout = readout}, {.threads = 1});
        const auto four = memory.recall(cues, {.readout = readout}, {.threads = 4});
        EXPECT_EQ(one.states, four.states);
        EXPECT_EQ(one.energies, four.energies);
        const auto loaded = memory_from_archive<float>(memory.to_archive());
        EXPECT_EQ(loaded.recall(cues, {.readout = readout}).states, one.states);
      }
      memory.store(codes.slice(3, 1));  // a duplicate: the lowest id answers
      const auto twin = memory.recall(codes);
      EXPECT_EQ(twin.ids[3], 3);
      EXPECT_EQ(twin.margins[3], 0);
      SparseCodes<float> zero(256);
      zero.append(std::vector<std::int32_t>{}, std::vector<float>{});
      EXPECT_EQ(memory.recall(zero).kinds[0], Kind::silent);
    }
}

}  // namespace
}  // namespace striate
