#include "cli/command_merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/try_model.h"
#include "striate/io/formats.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;

const std::string kPart =
    "striate learn leaves --patch 6 --atoms 40 --coder group_lasso --lambda 0.1 --count 1000 ";

class CommandMerge : public WithModel {
 protected:
  static void code(const std::string& shard, const std::string& file,
                   const std::string& options = "") {
    const CliResult result =
        try_line(kPart + "--shard " + shard + " --statistics " + file + " " + options);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("shard " + shard));
  }
};

// Sums that round differently: to 1e-10 in double.
TEST_F(CommandMerge, IsOneStepOfBatch) {
  for (const char* shard : {"1/3", "2/3", "3/3"})
    code(shard, std::string(1, shard[0]) + ".h5", "--precision f64");
  const CliResult result = try_line("striate merge 2.h5 1.h5 3.h5 -o merged.h5 --json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["shards"], 3);
  EXPECT_EQ(json["signals"], 900);
  ASSERT_EQ(try_line(kPart + "--method batch --steps 1 --precision f64 -o whole.h5").exit_code, 0);
  const auto merged = load("merged.h5").at("dictionary/atoms").to_matrix<double>();
  const auto whole = load("whole.h5").at("dictionary/atoms").to_matrix<double>();
  ASSERT_EQ(merged.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i)
    ASSERT_NEAR(merged.data()[i], whole.data()[i], 1e-10);
  ASSERT_EQ(try_line("striate merge 3.h5 2.h5 1.h5 -o again.h5").exit_code, 0);
  EXPECT_EQ(load("again.h5").at("dictionary/atoms"), load("merged.h5").at("dictionary/atoms"));
}

TEST_F(CommandMerge, GoesOnFromRoundToRound) {
  std::string from = "model.h5";
  for (const std::string round : {"1", "2"}) {
    code("1/2", "a" + round + ".npz", "--init " + from);
    code("2/2", "b" + round + ".npz", "--init " + from);
    from = "round" + round + ".h5";
    const CliResult result =
        try_line("striate merge a" + round + ".npz b" + round + ".npz --json -o " + from);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(nlohmann::json::parse(result.out)["rounds"], std::stoi(round));
  }
  EXPECT_EQ(try_line("striate encode leaves --model round2.h5 -o codes.h5").exit_code, 0);
  refused("striate merge a1.npz b2.npz -o x.h5", kBadData, "must begin with the same atoms");
}

TEST_F(CommandMerge, Refuses) {
  code("1/2", "one.h5");
  code("2/2", "two.h5");
  refused("striate merge one.h5 -o x.h5", kBadData, "1 of 2 shards are missing: 2");
  refused("striate merge one.h5 one.h5 two.h5 -o x.h5", kBadData, "are both shard 1/2");
  refused("striate merge one.h5 model.h5 -o x.h5", kBadData, "model.h5 holds model");
  refused("striate merge one.h5 none.h5 -o x.h5", kBadData, "none.h5");
  refused("striate merge one.h5 two.h5 -o model.h5", kBadUsage, "exists already");
  refused("striate merge one.h5 two.h5 --precision f64 -o x.h5", kBadUsage,
          "--precision is f64 but one.h5 was coded in f32");
  write("half.h5", read("two.h5").substr(0, 4000));
  refused("striate merge one.h5 half.h5 -o x.h5", kBadData, "half.h5");

  const std::string part = kPart + "--shard 1/2 ";
  refused(part, kBadUsage, "--statistics is missing");
  refused(part + "--statistics s.txt", kBadUsage, "must end in one of .h5");
  refused(part + "--statistics one.h5", kBadUsage, "exists already");
  refused(part + "--statistics s.h5 -o m.h5", kBadUsage, "--output and --shard");
  refused(part + "--statistics s.h5 --checkpoint c.h5", kBadUsage, "--checkpoint and --shard");
  refused(part + "--statistics s.h5 --method online", kBadUsage, "method online");
  refused(part + "--statistics s.h5 --epochs 2", kBadUsage, "epochs");
  refused(part + "--statistics s.h5 --max-seconds 1e-9", kBadData, "nothing is written");
  refused(kPart + "--shard 3/2 --statistics s.h5", kBadUsage, "must be i/n");
  refused(kPart + "--statistics s.h5 -o m.h5", kBadUsage, "--statistics needs --shard");
}

}  // namespace
}  // namespace striate::cli
