#include "cli/command_demo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/try_model.h"
#include "striate/io/formats.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;

// With a model nothing is learned, which makes these quick.
const std::string kDemo =
    "striate demo --images leaves --model model.h5 --patterns 4,8 --noises 0.5 --draws 1 ";

class CommandDemo : public WithModel {};

TEST_F(CommandDemo, WritesAReportOfOnesOwnPictures) {
  const CliResult result = try_line(kDemo + "-o mine --json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json, nlohmann::json::parse(read("mine/results.json")));
  // 2 rules x 2 readings of steps x 2 P.
  EXPECT_EQ(json["rows"].size(), 8u);
  for (const auto& row : json["rows"]) {
    EXPECT_EQ(row["cues"], row["patterns"]);
    EXPECT_GE(row["identification"], 0);
    EXPECT_LE(row["identification"], 1);
  }
  const std::string page = read("mine/report.html");
  EXPECT_THAT(page, HasSubstr("2 images in leaves"));
  EXPECT_THAT(page, HasSubstr("data:image/gif;base64"));
  EXPECT_TRUE(std::filesystem::exists("mine/figures/dictionary.png"));
  EXPECT_EQ(load("mine/model.h5").at("dictionary/atoms"), load("model.h5").at("dictionary/atoms"));
  refused(kDemo + "-o mine", 2, "--output mine: exists already");
  EXPECT_EQ(try_line(kDemo + "-o mine --force").exit_code, 0);
}

TEST_F(CommandDemo, SameNumbersForAnyThreads) {
  for (const char* threads : {"1", "3"})
    ASSERT_EQ(try_line(kDemo + "-o t" + threads + " --threads " + threads).exit_code, 0);
  EXPECT_EQ(read("t1/recall.csv"), read("t3/recall.csv"));
}

TEST_F(CommandDemo, WithoutGnuplotTheNumbersAreStillThere) {
  const std::string path = std::getenv("PATH") ? std::getenv("PATH") : "";
  setenv("PATH", "/nonexistent", 1);
  const CliResult result = try_line(kDemo + "-o plain");
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("warning: gnuplot is not installed"));
  EXPECT_THAT(read("plain/report.html"), HasSubstr("No figures: gnuplot is not installed"));
}

TEST_F(CommandDemo, Refuses) {
  refused("striate demo --images none -o x", 1, "none");
  refused("striate demo --patterns 0 -o x", 2, "--patterns is 0; it must be at least 1");
  refused("striate demo --noises -1 -o x", 2, "--noises is -1");
  refused("striate demo --images leaves --model model.h5 --patterns 100000 -o x", 1, "100000");
  std::filesystem::create_directory("bare");
  refused("striate demo --images bare -o x", 1, "bare");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(try_cli({"demo", "--images", "leaves", "-o", "y"}, stop.get_token()).exit_code, 130);
  EXPECT_FALSE(std::filesystem::exists("y"));
}

}  // namespace
}  // namespace striate::cli
