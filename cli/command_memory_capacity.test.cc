#include "cli/command_memory_capacity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/try_cli.h"
#include "striate/catalog/memory_rules.h"
#include "striate/io/formats.h"
#include "striate/memory/cue_damage.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

class CommandMemoryCapacity : public InEmptyFolder {
 protected:
  static Json json_of(const std::string& line) {
    const CliResult result = try_line(line + " --json");
    EXPECT_EQ(result.exit_code, 0) << line << "\n" << result.err;
    return Json::parse(result.out);
  }
  static void refused(const std::string& line, int code, const std::string& words) {
    const CliResult result = try_line(line);
    EXPECT_EQ(result.exit_code, code) << line;
    EXPECT_THAT(result.err, HasSubstr(words)) << line;
  }
};

TEST_F(CommandMemoryCapacity, ReportsOnAMemory) {
  save("codes.h5", random_codes<float>(50, 6, 30, 1).to_archive());
  ASSERT_EQ(try_line("striate memory create --units 50 -o memory").exit_code, 0);
  EXPECT_EQ(json_of("striate memory capacity memory")["patterns"], 0);
  ASSERT_EQ(try_line("striate memory store memory codes.h5").exit_code, 0);
  const Json report = json_of("striate memory capacity memory --damage 0.2");
  EXPECT_EQ(report["patterns"], 30);
  EXPECT_EQ(report["k"], 6);
  EXPECT_EQ(report["rule"], "tpam");
  EXPECT_EQ(report["unit_usage"].size(), 50u);
  EXPECT_NEAR(report["snr_first_order"].get<double>(), 50 / std::sqrt(30 * 6.0), 1e-6);
  EXPECT_GT(report["accuracy"], 0.8);
  const CliResult text = try_line("striate memory capacity memory");
  EXPECT_THAT(text.out, HasSubstr("worst_overlap"));
  EXPECT_THAT(text.out, HasSubstr("Largest |cos| of two stored codes."));
  refused("striate memory capacity memory --active 5", 2, "--active is given beside a memory");
  refused("striate memory capacity memory --rules tpam", 2, "--rules is given beside a memory");
  refused("striate memory capacity memory -o r.json", 2, "--output is given beside a memory");
  refused("striate memory capacity lost", 1, "lost");
}

TEST_F(CommandMemoryCapacity, TriesRules) {
  const std::string line =
      "striate memory capacity --units 80 --active 8 --patterns 5,40,300 --draws 2 "
      "--cues-per-draw 20 --rules tpam,top1 ";
  const Json json = json_of(line + "--search --most-patterns 400 -o curves.csv --plot curves.svg");
  ASSERT_EQ(json["curves"].size(), 6u);
  EXPECT_EQ(json["curves"][0]["rule"], "tpam");
  EXPECT_EQ(json["curves"][2]["patterns"], 300);
  EXPECT_GT(json["curves"][0]["identified"], json["curves"][2]["identified"]);
  EXPECT_EQ(json["search"].size(), 2u);
  EXPECT_LT(json["search"][0]["patterns"], json["search"][1]["patterns"]);
  const std::string csv = read("curves.csv");
  EXPECT_EQ(std::ranges::count(csv, '\n'), 7);
  EXPECT_THAT(csv, HasSubstr("rule,units,patterns,draws,cues,winners,identified,"));
  EXPECT_THAT(read("curves.svg"), HasSubstr("top1"));
  // The same for any threads.
  const Json one = json_of(line + "--threads 1"), three = json_of(line + "--threads 3");
  EXPECT_EQ(one["curves"], three["curves"]);
  EXPECT_EQ(one["curves"], json["curves"]);
  EXPECT_NE(one["curves"], json_of(line + "--seed 1")["curves"]);
}

TEST_F(CommandMemoryCapacity, AllRulesAreThoseThatSuit) {
  const CliResult result =
      try_line("striate memory capacity --units 40 --active 4 --patterns 3 --draws 1 --json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = Json::parse(result.out);
  std::size_t left_out = 0;
  for (const MemoryRule* rule : memory_rules())
    left_out +=
        result.err.find("rule " + std::string(rule->name) + " is left out") != std::string::npos;
  EXPECT_EQ(json["curves"].size() + left_out, memory_rules().size());
}

TEST_F(CommandMemoryCapacity, TakesCodesFromAFile) {
  save("codes.h5", random_codes<double>(30, 5, 12, 1, 0.5).to_archive());
  const Json json = json_of(
      "striate memory capacity --codes codes.h5 --rules top1 --damage 0 --phase-noise 0 "
      "--winners-share 0.5");
  EXPECT_EQ(json["curves"].back()["patterns"], 12);
  EXPECT_EQ(json["curves"].back()["identified"], 1);
  EXPECT_LT(json["curves"].back()["winners"], 5);
  refused("striate memory capacity --codes codes.h5 --active 5", 2, "--active is given beside");
  refused("striate memory capacity --codes codes.h5 --units 31", 2, "the codes have 30 pairs");
  refused("striate memory capacity --codes codes.h5 --patterns 13", 2, "13 patterns asked of 12");
  refused("striate memory capacity --codes lost.h5", 1, "lost.h5");
}

TEST_F(CommandMemoryCapacity, Refuses) {
  refused("striate memory capacity --rules tpan", 2, "did you mean tpam");
  refused("striate memory capacity --rules ,", 2, "--rules names no rule");
  refused("striate memory capacity --units 10 --active 11 --rules tpam", 2,
          "active is 11; it must be at most the 10 units");
  refused("striate memory capacity --damage 2", 2, "damage");
  refused("striate memory capacity --compared 9", 2, "--compared is given without a MEMORY");
  refused("striate memory capacity --plot curves.gif", 2, "curves.gif");
  refused("striate memory capacity -o curves.txt", 2, "curves.txt");
}

}  // namespace
}  // namespace striate::cli
