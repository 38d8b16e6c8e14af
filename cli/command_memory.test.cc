#include "cli/command_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/try_model.h"
#include "striate/codes/sparse_codes.h"
#include "striate/io/formats.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;

class CommandMemory : public WithModel {
 protected:
  void SetUp() override {
    WithModel::SetUp();
    for (const char* line : {"striate encode leaves --model model.h5 --sampling random --count 4 "
                             "--minimum-deviation 0.3 --lambda 0.3 -o codes.h5",
                             "striate memory create --model model.h5 --rule top1 -o memory"})
      ASSERT_EQ(try_line(line).exit_code, 0) << line;
  }
  static nlohmann::json json_of(const std::string& line) {
    const CliResult result = try_line(line + " --json");
    EXPECT_EQ(result.exit_code, 0) << line << "\n" << result.err;
    return nlohmann::json::parse(result.out);
  }
};

TEST_F(CommandMemory, LayoutsAreChosenByName) {
  for (const char* layout : {"dense", "implicit", "inverted"}) {
    const std::string name = layout;
    ASSERT_EQ(
        try_line("striate memory create --units 20 --layout " + name + " -o " + name).exit_code, 0);
    json_of("striate memory store " + name + " codes.h5");
    EXPECT_EQ(json_of("striate memory inspect " + name)["layout"], name);
  }
  const CliResult refused =
      try_line("striate memory create --units 20 --rule top1 --layout dense -o refused");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("layout is dense but top1 has no weight matrix"), std::string::npos);
}

TEST_F(CommandMemory, ForgetsByIdAndVerifies) {
  json_of("striate memory store memory codes.h5");
  const auto forgotten = json_of("striate memory forget memory 1 3");
  EXPECT_EQ(forgotten["forgotten"], nlohmann::json({1, 3}));
  EXPECT_EQ(forgotten["patterns"], 2);
  EXPECT_EQ(json_of("striate memory inspect memory")["patterns"], 2);
  EXPECT_GT(json_of("striate memory inspect memory --verify")["verified"], 1000);
  EXPECT_EQ(json_of("striate memory forget memory --compact")["patterns"], 2);
  struct Refusal {
    const char* line;
    int exit_code;
    const char* word;
  };
  const Refusal refused[] = {
      {"forget memory 1", 1, "id 1 is not stored"},
      {"forget memory", 2, "no ID is given"},
      {"forget memory x", 2, "'x' is no id"},
      {"forget memory 9223372036854775808", 2, "'9223372036854775808' is no id"},
      {"forget memory 0 0", 1, "given twice"},
      {"store memory codes.h5 --targets codes.h5", 1, "data"}};
  for (const auto& [line, exit_code, word] : refused) {
    const CliResult result = try_line(std::string("striate memory ") + line);
    EXPECT_EQ(result.exit_code, exit_code) << line;
    EXPECT_NE(result.err.find(word), std::string::npos) << result.err;
  }
  EXPECT_EQ(json_of("striate memory inspect memory")["patterns"], 2);
}

TEST_F(CommandMemory, StoresRecallsAndInspects) {
  const auto stored = json_of("striate memory store memory codes.h5");
  EXPECT_EQ(stored["ids"], nlohmann::json({0, 1, 2, 3}));
  const auto inspected = json_of("striate memory inspect memory");
  EXPECT_EQ(inspected["patterns"], 4);
  EXPECT_EQ(inspected["units"], 20);
  EXPECT_EQ(inspected["rule"], "top1");
  EXPECT_EQ(inspected["layout"], "inverted");
  EXPECT_GT(inspected["bytes"], 0);
  // top1 is exact: a stored code is its own best match.
  const auto recalled = json_of("striate memory recall memory codes.h5 -o r.h5");
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(recalled["cues"][i]["id"], i);
    EXPECT_GT(recalled["cues"][i]["margin"], 0);
  }
  EXPECT_EQ(load("r.h5").at("recall/ids").to<std::int64_t>(),
            (std::vector<std::int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(SparseCodes<float>::from_archive(load("r.h5")).atoms(), 40);
}

TEST_F(CommandMemory, ImagesAreCuesWithAModel) {
  ASSERT_EQ(try_line("striate memory store memory leaves --model model.h5 --sampling random "
                     "--count 3 --minimum-deviation 0.3")
                .exit_code,
            0);
  const auto recalled = json_of(
      "striate memory recall memory leaves --model model.h5 --sampling "
      "random --count 3 --minimum-deviation 0.3 -o r.h5");
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(recalled["cues"][i]["id"], i);
  EXPECT_EQ(load("r.h5").at("signals").shape(), (std::vector<std::int64_t>{3, 36}));
}

TEST_F(CommandMemory, SameStatesForAnyThreads) {
  ASSERT_EQ(try_line("striate memory store memory codes.h5").exit_code, 0);
  for (const char* threads : {"1", "2", "4"})
    ASSERT_EQ(try_line(std::string("striate memory recall memory codes.h5 --threads ") + threads +
                       " -o r" + threads + ".npz")
                  .exit_code,
              0);
  EXPECT_EQ(load("r1.npz").arrays, load("r2.npz").arrays);
  EXPECT_EQ(load("r1.npz").arrays, load("r4.npz").arrays);
}

TEST_F(CommandMemory, OrdersSchedulesAndFamiliarity) {
  for (const char* line :
       {"striate memory create --units 20 --order asynchronous -o turns",
        "striate memory create --units 20 --truncation absolute --theta 3 --order monotone -o rise",
        "striate memory store turns codes.h5", "striate memory store rise codes.h5"})
    ASSERT_EQ(try_line(line).exit_code, 0) << line;
  const auto turns = json_of("striate memory recall turns codes.h5 --order-seed 3 --max-steps 200");
  EXPECT_EQ(turns["covered_by"], "async");
  EXPECT_EQ(turns["baselines"], nlohmann::json({0}));
  for (const auto& cue : turns["cues"]) {
    EXPECT_GT(cue["familiarity"], 0.8);  // stored, but for its amplitudes
    EXPECT_GE(cue["familiarity_margin"], 0);
  }
  const CliResult rise = try_line(
      "striate memory recall rise codes.h5 --theta-start 1 --anneal-steps 3 --max-steps 200 -o "
      "r.h5");
  EXPECT_EQ(rise.exit_code, 0) << rise.err;
  EXPECT_THAT(rise.out, HasSubstr("theorem async: the energy never rises from step 3 on"));
  EXPECT_THAT(rise.out, HasSubstr("familiar"));
  EXPECT_EQ(load("r.h5").at("recall/familiarity").shape(), (std::vector<std::int64_t>{4}));
  EXPECT_EQ(json_of("striate memory inspect rise")["order"], "monotone");
  refused("striate memory create --units 8 --rule graded_hebbian --order asynchronous -o m", 2,
          "normalization vector changes all units at once");
  refused("striate memory recall rise codes.h5 --k-start 3", 1, "absolute has no k");
}

TEST_F(CommandMemory, APackedMemoryIsTheSame) {
  ASSERT_EQ(try_line("striate memory store memory codes.h5").exit_code, 0);
  ASSERT_EQ(try_line("striate memory create memory --pack -o packed.h5").exit_code, 0);
  auto a = json_of("striate memory recall memory codes.h5");
  auto b = json_of("striate memory recall packed.h5 codes.h5");
  EXPECT_EQ(a["cues"], b["cues"]);
  refused("striate memory store packed.h5 codes.h5", 1, "packed.h5");
}

TEST_F(CommandMemory, RulesHaveTheirSettings) {
  for (const char* rule : {"power --power 4", "softmax --beta 20 --overlap-cut 0.05",
                           "pinv --ridge 0.001", "tpam --overlap-top 2", "willshaw", "hopfield"}) {
    const std::string name = std::string(rule).substr(0, std::string(rule).find(' '));
    ASSERT_EQ(try_line("striate memory create --model model.h5 --rule " + std::string(rule) +
                       " -o of_" + name)
                  .exit_code,
              0);
    ASSERT_EQ(try_line("striate memory store of_" + name + " codes.h5").exit_code, 0) << rule;
    EXPECT_EQ(json_of("striate memory inspect of_" + name)["rule"], name);
    const auto recalled = json_of("striate memory recall of_" + name + " codes.h5 --max-steps 30");
    EXPECT_EQ(recalled["cues"].size(), 4u);
  }
  refused("striate memory create --units 8 --rule tpam --beta 3 -o m", 2,
          "tpam has no beta; softmax has");
  refused("striate memory create --units 8 --rule power --power 0 -o m", 2, "--power is 0");
  refused("striate memory create --units 8 --diagonal zero --overlap-cut 0.1 -o m", 2,
          "tpam with overlaps cut");
}

TEST_F(CommandMemory, Refuses) {
  refused("striate memory create -o m", 2, "--units is missing");
  refused("striate memory create --units 0 -o m", 2, "--units is 0");
  refused("striate memory create --units 8 --k 9 -o m", 2,
          "--k is 9; it must be at most the 8 units");
  refused("striate memory create --units 8 --rule hopfild -o m", 2,
          "--rule is 'hopfild'; it must be one of");
  refused("striate memory create --units 8 --truncation absolute -o m", 2, "theta");
  refused("striate memory create --model model.h5 --units 7 -o m", 2, "the model has 20 pairs");
  refused("striate memory create --units 8 -o memory", 2, "--output memory: exists already");
  refused("striate memory create --pack -o p.h5", 2, "--pack needs the MEMORY");
  refused("striate memory store memory leaves", 2, "need --model");
  refused("striate memory store none codes.h5", 1, "none");
  refused("striate memory store memory", 2, "MEMORY INPUT is missing");
  refused("striate memory store memory lost.h5", 1, "there is no file or folder lost.h5");
  ASSERT_EQ(try_line("striate memory create --units 8 -o small").exit_code, 0);
  refused("striate memory store small codes.h5", 1, "codes of 40 atoms; this memory has 8");
  save("none.h5", SparseCodes<float>(40).to_archive());
  refused("striate memory store memory none.h5", 1, "there are no patterns");
  save("odd.npz", SparseCodes<float>(39).to_archive());
  refused("striate memory recall memory odd.npz", 1, "odd.npz: codes of 39 atoms");
}

}  // namespace
}  // namespace striate::cli
