#include "cli/command_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/try_cli.h"
#include "striate/core/build_info.h"
#include "striate/io/formats.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;

class CommandInfo : public InEmptyFolder {};

TEST_F(CommandInfo, TellsOfTheProgram) {
  const auto json = nlohmann::json::parse(try_cli({"info", "--json", "--threads", "3"}).out);
  EXPECT_EQ(json["version"], std::string(library_version));
  EXPECT_EQ(json["threads"], 3);
  EXPECT_THAT(json["solvers"].dump(), HasSubstr("\"lasso\""));
  EXPECT_THAT(json["memory_rules"].dump(), HasSubstr("\"tpam\""));
  EXPECT_THAT(try_cli({"info"}).out, HasSubstr("instruction set"));
}

TEST_F(CommandInfo, TellsWhatIsInAFile) {
  Archive archive;
  archive.arrays["data"] = Array(DType::f64, {3, 4});
  archive.attributes["data"] = {{"unit", std::string("volt")}};
  save("a.h5", archive);
  const CliResult result = try_cli({"info", "a.h5"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("a.h5: array"));
  EXPECT_THAT(result.out, HasSubstr("float64 3 x 4"));
  EXPECT_THAT(result.out, HasSubstr("volt"));
  const auto json = nlohmann::json::parse(try_cli({"info", "a.h5", "--json"}).out);
  EXPECT_EQ(json["files"][0]["arrays"]["data"]["shape"], nlohmann::json({3, 4}));
}

TEST_F(CommandInfo, SumsUpConvolutionalCodesAndLeavesTheirPartsOut) {
  for (const char* line : {"striate generate --images 2 --rows 24 --columns 28 -o leaves",
                           "striate encode --convolutional leaves --filters log_gabor "
                           "--lambda-relative 0.3 -o codes.h5"})
    ASSERT_EQ(try_line(line).exit_code, 0) << line;
  const CliResult result = try_cli({"info", "codes.h5"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("2 images, 144 filters of 12 x 12 taps"));
  EXPECT_THAT(result.out, HasSubstr("lambda_relative"));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("000000000")));
  const auto json = nlohmann::json::parse(try_cli({"info", "codes.h5", "--json"}).out);
  EXPECT_EQ(json["files"][0]["codes"]["filters"].size(), 144u);
}

TEST_F(CommandInfo, TellsHowAlikeAModelsAtomsAre) {
  Archive archive;
  archive.attributes[""] = {{"kind", std::string("model")}};
  Array atoms(DType::f32, {3, 4});  // rows are atoms: two alike, one at right angles
  auto* values = reinterpret_cast<float*>(atoms.bytes().data());
  values[0] = values[4] = 1;
  values[9] = 1;
  archive.arrays["dictionary/atoms"] = atoms;
  save("m.h5", archive);
  EXPECT_THAT(try_cli({"info", "m.h5"}).out,
              HasSubstr("coherence 1.0000 (atoms 0 and 1), 1 near duplicate\n"));
  const auto json = nlohmann::json::parse(try_cli({"info", "m.h5", "--json"}).out);
  EXPECT_EQ(json["files"][0]["report"]["near_duplicates"], 1);
}

TEST_F(CommandInfo, SettingsRepeatTheRun) {
  ASSERT_EQ(try_line("striate generate --images 2 --rows 40 --columns 30 --largest 12.5 --seed 5 "
                     "-o first.h5")
                .exit_code,
            0);
  const CliResult settings = try_cli({"info", "--settings", "first.h5"});
  EXPECT_THAT(settings.out, HasSubstr("# striate generate"));
  EXPECT_THAT(settings.out, HasSubstr("largest = 12.5\n"));
  write("again.toml", settings.out);
  const CliResult again = try_line("striate generate --config again.toml -o second.h5");
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(load("first.h5"), load("second.h5"));
}

TEST_F(CommandInfo, Refuses) {
  save("plain.npy", [] {
    Archive a;
    a.arrays["data"] = Array(DType::f32, {2});
    return a;
  }());
  const CliResult result = try_cli({"info", "--settings", "plain.npy"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("plain.npy: does not tell the run"));
  EXPECT_EQ(try_cli({"info", "--settings"}).exit_code, 2);
}

TEST_F(CommandInfo, ReferenceIsMarkdown) {
  const std::string text = try_cli({"info", "--options-page"}).out;
  EXPECT_THAT(text, HasSubstr("## striate memory recall"));
  EXPECT_THAT(text, HasSubstr("## Memory rules"));
  EXPECT_THAT(text, HasSubstr("| `group_lasso` |"));
}

}  // namespace
}  // namespace striate::cli
