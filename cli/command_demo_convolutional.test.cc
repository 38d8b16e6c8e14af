#include "cli/command_demo_convolutional.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/try_cli.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"
#include "striate/pipelines/coded_images.h"

namespace striate::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class CommandDemoConvolutional : public InEmptyFolder {};

const std::string kSmall = "striate demo convolutional --orientations 3 --height 6 --width 6 ";

TEST_F(CommandDemoConvolutional, WritesAReportOfAGeneratedImage) {
  const CliResult result = try_line(kSmall + "--side 24 --seconds 0.3 --json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json told = json::parse(result.out);
  EXPECT_EQ(told["rows"], 24);
  EXPECT_EQ(told["solvers"][0]["solver"], "reference");
  EXPECT_GE(told["solvers"].size(), 5u);
  for (const auto& solver : told["solvers"])
    EXPECT_GE(solver["objective"].get<double>(), told["bound"].get<double>() * (1 - 1e-6));
  const std::string folder = "striate-demo-convolutional/";
  for (const char* name : {"report.html", "solvers.csv", "results.json", "codes.h5",
                           "figures/maps.png", "figures/objective.svg", "figures/filters.png"})
    EXPECT_TRUE(std::filesystem::exists(folder + name)) << name;
  EXPECT_THAT(read(folder + "report.html"), HasSubstr("striate demo convolutional --height 6"));
  // The code is like any other.
  EXPECT_EQ(try_line("striate info " + folder + "codes.h5").exit_code, 0);
  EXPECT_EQ(try_line("striate decode " + folder + "codes.h5 -o back.png").exit_code, 0);
  EXPECT_EQ(read_image<float>("back.png").rows(), 24);
}

TEST_F(CommandDemoConvolutional, CutsAPhotograph) {
  ASSERT_EQ(try_line("striate generate --images 1 --rows 50 --columns 80 --channels 3 -o photo")
                .exit_code,
            0);
  const std::string photo = "photo/dead_leaves-0000.png";
  const CliResult result = try_line(kSmall + photo + " --side 20 --seconds 0.2 -o out");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("out/report.html written"));
  const json told = json::parse(read("out/results.json"));
  EXPECT_EQ(told["rows"], 20);
  EXPECT_EQ(told["columns"], 20);
  EXPECT_EQ(told["image"], "dead_leaves-0000.png");
  EXPECT_EQ(try_line(kSmall + photo + " -o out").exit_code, 2);  // it is there
}

TEST_F(CommandDemoConvolutional, RefusesWhatDoesNotFit) {
  EXPECT_EQ(try_line(kSmall + "no.png").exit_code, 1);
  const CliResult both = try_line(kSmall + "--lambda 1 --lambda-relative 0.1");
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_THAT(both.err, HasSubstr("exclude one another"));
  EXPECT_THAT(try_line(kSmall + "--images x").err,
              HasSubstr("demo convolutional has no --images; demo has"));
  EXPECT_THAT(try_line(kSmall + "--colour").err, HasSubstr("are grey"));
  EXPECT_TRUE(listing().empty());
}

TEST_F(CommandDemoConvolutional, LeavesNothingWhenItIsStoppedAtOnce) {
  std::stop_source stop;
  stop.request_stop();
  const CliResult result = try_cli({"demo", "convolutional", "--side", "20"}, stop.get_token());
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_TRUE(listing().empty());
}

}  // namespace
}  // namespace striate::cli
