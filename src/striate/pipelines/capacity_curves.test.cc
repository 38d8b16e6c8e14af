#include "striate/pipelines/capacity_curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/catalog/memory_rules.h"
#include "striate/core/random.h"
#include "striate/statistics/binomial.h"

namespace striate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<MemorySettings> memories(std::int64_t units, std::vector<std::string> rules) {
  std::vector<MemorySettings> all;
  for (const std::string& rule : rules) {
    MemorySettings settings;
    settings.units = units;
    settings.rule = rule;
    all.push_back(settings);
  }
  return all;
}

// The rules of the table that a memory of such codes can have without further settings.
std::vector<std::string> able_rules(std::int64_t units) {
  std::vector<std::string> able;
  for (const MemoryRule* rule : memory_rules()) {
    try {
      capacity_curves<double>(memories(units, {std::string(rule->name)}),
                              {.active = 5, .patterns = {2}, .draws = 1});
      able.emplace_back(rule->name);
    } catch (const Error&) {
    }
  }
  return able;
}

TEST(CapacityCurves, EveryRuleHoldsFewPatternsAndLosesCuesThatAreGone) {
  const auto rules = able_rules(120);
  EXPECT_THAT(rules, testing::IsSupersetOf({"tpam", "graded_hebbian", "top1"}));
  const CapacityTrials easy{
      .cue = {0.2, 0.2}, .active = 12, .patterns = {1, 5}, .draws = 3, .cues_per_draw = 5};
  for (const CapacityRow& row : capacity_curves<double>(memories(120, rules), easy)) {
    EXPECT_GE(row.identified, 0.9) << row.rule;
    EXPECT_EQ(row.cues, 3 * row.patterns);
    EXPECT_EQ(row.winners, 12);
  }
  // All units moved: what is named is chance.
  const CapacityTrials hopeless{
      .cue = {1, 0}, .active = 12, .patterns = {200}, .draws = 2, .cues_per_draw = 100};
  for (const CapacityRow& row : capacity_curves<double>(memories(120, rules), hopeless))
    EXPECT_LE(row.identified, 0.06) << row.rule;
}

// The same draws, memories and cues put together by hand.
TEST(CapacityCurves, AreTheSharesOfRecallsByHand) {
  const CapacityTrials trials{.cue = {0.3, 0.4},
                              .active = 20,
                              .patterns = {30, 90},
                              .draws = 3,
                              .cues_per_draw = 40,
                              .seed = 5};
  const auto rows = capacity_curves<double>(memories(100, {"tpam", "top1"}), trials);
  ASSERT_EQ(rows.size(), 4u);
  for (const CapacityRow& row : rows) {
    std::int64_t right = 0, similar = 0, asked = 0;
    for (std::uint64_t draw = 0; draw < 3; ++draw) {
      const auto seed =
          striate::Random(5, striate::stream("draws"), draw).below(std::uint64_t{1} << 62);
      const auto codes = random_codes<double>(100, 20, row.patterns, seed);
      MemorySettings settings;
      settings.units = 100;
      settings.rule = row.rule;
      auto memory = make_memory<double>(settings);
      memory.store(codes);
      const auto targets = codes.slice(0, std::min<std::int64_t>(40, row.patterns));
      const auto recalled = memory.recall(damaged_codes(targets, trials.cue, seed));
      const auto overlaps = memory.overlaps(recalled.states);
      const auto states = units_of_pairs(recalled.states);
      const auto stored = memory.codes_of_rule();
      for (std::int64_t j = 0; j < targets.signals(); ++j, ++asked) {
        right += recalled.ids[static_cast<std::size_t>(j)] == j;
        similar += std::abs(overlaps(j, j)) > 0.9 * code_norm(stored[j]) * code_norm(states[j]);
      }
    }
    EXPECT_EQ(row.cues, asked);
    EXPECT_DOUBLE_EQ(row.identified, double(right) / double(asked));
    EXPECT_DOUBLE_EQ(row.similar, double(similar) / double(asked));
    EXPECT_EQ(row.identified_low, wilson_interval(right, asked).low);
    EXPECT_EQ(row.similar_high, wilson_interval(similar, asked).high);
  }
  EXPECT_GT(rows[0].identified, rows[1].identified);  // tpam fails at the higher load
}

TEST(CapacityCurves, AreTheSameForAnyThreads) {
  const CapacityTrials trials{
      .active = 10, .patterns = {10, 100, 300}, .draws = 3, .cues_per_draw = 20};
  const auto settings = memories(80, {"tpam", "graded_hebbian"});
  const auto one = capacity_curves<float>(settings, trials, nullptr, {.threads = 1});
  const auto four = capacity_curves<float>(settings, trials, nullptr, {.threads = 4});
  ASSERT_EQ(one.size(), four.size());
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(values(one[i]), values(four[i]));
  const auto a = capacity_search<float>(settings, trials, nullptr, {.threads = 1});
  const auto b = capacity_search<float>(settings, trials, nullptr, {.threads = 4});
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(values(a[i]), values(b[i]));
}

TEST(CapacityCurves, TakeTheirPatternsFromCodes) {
  const auto codes = random_codes<double>(60, 6, 40, 3, 0.8);
  const CapacityTrials trials{.cue = {0, 0}, .patterns = {40}, .draws = 2};
  const auto rows = capacity_curves<double>(memories(60, {"top1"}), trials, &codes);
  EXPECT_EQ(rows[0].identified, 1);
  EXPECT_EQ(rows[0].cues, 80);
  EXPECT_EQ(rows[0].winners, 6);
  CapacityTrials fewer = trials;
  fewer.winners_share = 0.5;
  // Cut states are as good as cut codes can be.
  const auto cut = capacity_curves<double>(memories(60, {"top1"}), fewer, &codes);
  EXPECT_LT(cut[0].winners, 5);
  EXPECT_EQ(cut[0].similar, 1);
  // A search ends with the codes.
  const auto found = capacity_search<double>(memories(60, {"top1"}), trials, &codes);
  EXPECT_EQ(found[0].patterns, 40);
  EXPECT_EQ(found[0].fails_at, 0);
}

TEST(CapacitySearch, BracketsTheLevelAsTheCurvesHaveIt) {
  CapacityTrials trials{.cue = {0.3, 0.3},
                        .active = 20,
                        .draws = 4,
                        .cues_per_draw = 50,
                        .success = 0.8,
                        .measure = SuccessMeasure::identified};
  const auto found = capacity_search<double>(memories(100, {"tpam"}), trials)[0];
  EXPECT_TRUE(found.finished);
  EXPECT_LE(found.fails_at - found.patterns, std::max(1.0, 0.02 * double(found.patterns)));
  trials.patterns = {double(found.patterns), double(found.fails_at)};
  const auto rows = capacity_curves<double>(memories(100, {"tpam"}), trials);
  EXPECT_EQ(rows[0].identified, found.share);
  EXPECT_EQ(rows[0].identified_low, found.low);
  EXPECT_GE(rows[0].identified, 0.8);
  EXPECT_LT(rows[1].identified, 0.8);
}

// First order: SNR^2 = n^2 / (P K) at the load where a rule fails, so P falls as 1 / K where codes
// are sparse: the slope of log P against log K is near -1.
TEST(CapacitySearch, CapacityOfSparsePhasorsFallsAsOneOverK) {
  std::vector<double> logs;
  for (const std::int64_t active : {20, 40, 80}) {
    const CapacityTrials trials{.cue = {0.1, 0.2},
                                .active = active,
                                .draws = 3,
                                .cues_per_draw = 40,
                                .success = 0.9,
                                .measure = SuccessMeasure::similar,
                                .resolution = 0.05};
    const auto found = capacity_search<float>(memories(400, {"tpam"}), trials)[0];
    logs.push_back(std::log2(double(found.patterns)));
  }
  EXPECT_NEAR(logs[1] - logs[0], -1, 0.3);
  EXPECT_NEAR(logs[2] - logs[1], -1, 0.3);
}

TEST(CapacitySearch, EndsWhereItMayGoNoFurtherAndWhereNothingSucceeds) {
  const CapacityTrials trials{.active = 10, .draws = 2, .cues_per_draw = 10, .most_patterns = 37};
  const auto found = capacity_search<double>(memories(200, {"top1"}), trials)[0];
  EXPECT_EQ(found.patterns, 37);
  EXPECT_EQ(found.fails_at, 0);
  CapacityTrials hopeless = trials;
  hopeless.cue.damage = 1;
  hopeless.measure = SuccessMeasure::similar;
  const auto none = capacity_search<double>(memories(200, {"graded_hebbian"}), hopeless)[0];
  EXPECT_EQ(none.patterns, 0);
  EXPECT_EQ(none.fails_at, 1);
}

TEST(CapacityLoads, AreThoseGivenOrDoubleAboutTheFirstOrder) {
  EXPECT_THAT(capacity_loads({.patterns = {50, 10, 50}}, 100, 1000), ElementsAre(10, 50));
  const CapacityTrials clean{.cue = {0, 0}, .active = 20};
  const auto loads = capacity_loads(clean, 400, 100000);
  ASSERT_EQ(loads.size(), 8u);
  EXPECT_EQ(loads[2], std::llround(400.0 * 400 / (4 * 20 * std::log(400.0))));
  EXPECT_NEAR(double(loads[7]) / double(loads[2]), 32, 0.1);
  EXPECT_EQ(capacity_loads(clean, 400, 500).back(), 500);
}

TEST(CapacityCurves, Refuse) {
  const auto message = [](const std::vector<MemorySettings>& settings, const CapacityTrials& trials,
                          const SparseCodes<double>* codes = nullptr) -> std::string {
    try {
      capacity_curves<double>(settings, trials, codes);
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing thrown";
  };
  EXPECT_THAT(message({}, {}), HasSubstr("capacity_curves: no memory is given"));
  EXPECT_THAT(message(memories(10, {"tpam"}), {.active = 11}),
              HasSubstr("active is 11; it must be at most the 10 units"));
  EXPECT_THAT(message(memories(30, {"tpan"}), {}), HasSubstr("did you mean tpam"));
  EXPECT_THAT(message(memories(30, {"tpam"}), {.cue = {std::nan(""), 0}}),
              HasSubstr("damage is nan"));
  EXPECT_THAT(message(memories(30, {"tpam"}), {.patterns = {0}}), HasSubstr("patterns is 0"));
  auto different = memories(30, {"tpam", "top1"});
  different[1].units = 31;
  EXPECT_THAT(message(different, {}), HasSubstr("memories of 30 and 31 units"));
  const auto codes = random_codes<double>(30, 3, 5, 1);
  EXPECT_THAT(message(memories(30, {"tpam"}), {.patterns = {6}}, &codes),
              HasSubstr("6 patterns asked of 5 codes"));
  EXPECT_THAT(message(memories(20, {"tpam"}), {}, &codes), HasSubstr("codes of 60 atoms"));
  const SparseCodes<double> none(60);
  EXPECT_THAT(message(memories(30, {"tpam"}), {}, &none), HasSubstr("there are no codes"));
}

TEST(CapacityCurves, AStopLeavesWhatIsFinished) {
  std::stop_source stop;
  stop.request_stop();
  const CapacityTrials trials{.active = 5, .patterns = {5}};
  const striate::Run run{.stop = stop.get_token()};
  EXPECT_TRUE(capacity_curves<double>(memories(30, {"tpam"}), trials, nullptr, run).empty());
  const auto found = capacity_search<double>(memories(30, {"tpam"}), trials, nullptr, run);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_FALSE(found[0].finished);
}

}  // namespace
}  // namespace striate
