#include "cli/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "cli/try_cli.h"
#include "striate/io/formats.h"

namespace striate::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct ShellOptions {
  std::string method = "lasso";
  double threshold = 0.5;
  int count = 3;
  bool sorted = true;
  bool deep = false;
  std::vector<double> noises = {};
  static void describe(auto& s, auto&& visit) {
    visit(s.method, {.name = "method"});
    visit(s.threshold, {.name = "relative_threshold", .range = between(0, 1)});
    visit(s.count, {.name = "count", .range = at_least(1)});
    visit(s.sorted, {.name = "sorted"});
    visit(s.deep, {.name = "deep"});
    visit(s.noises, {.name = "noises", .range = at_least(0)});
  }
};
struct LassoLike {
  PerSignal lambda = {};
  static void describe(auto& s, auto&& visit) {
    visit(s.lambda, {.name = "lambda", .range = above(0)});
  }
};
struct AdmmLike {
  std::optional<double> lambda = {};
  double rho = 1;
  static void describe(auto& s, auto&& visit) {
    visit(s.lambda, {.name = "lambda", .range = above(0)});
    visit(s.rho, {.name = "rho", .range = above(0)});
  }
};

Command shell() {
  return {.name = "shell",
          .sentence = "Nothing.",
          .arguments = {"INPUT", "files to read", 1, 2},
          .fields = options_of<ShellOptions>(),
          .writes_output = true,
          .selector = "method",
          .variants = {{"lasso", "", fields<LassoLike>()}, {"admm", "", fields<AdmmLike>()}}};
}

Parsed parsed(const std::vector<std::string>& words) { return parse(shell(), words); }

std::string refusal(const std::vector<std::string>& words) {
  try {
    parsed(words);
  } catch (const Exception& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Flags, ValuesComeInTheirTypes) {
  const Parsed p = parsed({"a.npy", "--relative-threshold", "0.25", "--count=7", "--deep",
                           "--no-sorted", "--noises", "0,0.5,1", "-o", "out.h5", "b.npy"});
  EXPECT_THAT(p.arguments, ElementsAre("a.npy", "b.npy"));
  EXPECT_EQ(std::get<double>(p.given.at("relative_threshold")), 0.25);
  EXPECT_EQ(std::get<std::int64_t>(p.given.at("count")), 7);
  EXPECT_EQ(std::get<bool>(p.given.at("deep")), true);
  EXPECT_EQ(std::get<bool>(p.given.at("sorted")), false);
  EXPECT_THAT(std::get<std::vector<double>>(p.given.at("noises")), ElementsAre(0, 0.5, 1));
  EXPECT_EQ(std::get<std::string>(p.given.at("output")), "out.h5");
  EXPECT_EQ(p.given.size(), 6u);
  EXPECT_EQ(p.variant, "lasso");
}

TEST(Flags, LastOfTwoWinsAndNegativeNumbersAreValues) {
  EXPECT_EQ(std::get<std::int64_t>(parsed({"a", "--count", "2", "--count", "5"}).given.at("count")),
            5);
  EXPECT_THAT(refusal({"a", "--count", "-5"}), HasSubstr("--count is -5; it must be at least 1"));
  EXPECT_THAT(refusal({"a", "--relative-threshold", "-.5"}), HasSubstr("--relative-threshold"));
}

TEST(Flags, WrongValuesNameTheFlagAndWhatIsAllowed) {
  EXPECT_EQ(refusal({"a", "--relative-threshold", "2"}),
            "striate shell: --relative-threshold is 2; it must be from 0 to 1");
  EXPECT_THAT(refusal({"a", "--count", "many"}), HasSubstr("--count is 'many'; it must be an"));
  EXPECT_THAT(refusal({"a", "--count", "1.5"}), HasSubstr("--count"));
  EXPECT_THAT(refusal({"a", "--noises", "0,-1"}), HasSubstr("--noises"));
  EXPECT_THAT(refusal({"a", "--lambda", "0"}), HasSubstr("--lambda is 0; it must be above 0"));
  EXPECT_THAT(refusal({"a", "--lambda", "nan"}), HasSubstr("--lambda is nan"));
  EXPECT_THAT(refusal({"a", "--lambda", "inf"}), HasSubstr("--lambda is inf"));
  EXPECT_THAT(refusal({"a", "--method", "lars"}),
              HasSubstr("--method is 'lars'; it must be one of lasso, admm"));
  EXPECT_THAT(refusal({"a", "--count"}), HasSubstr("--count"));
  EXPECT_THAT(refusal({"a", "--precision", "f16"}), HasSubstr("f32, f64"));
}

TEST(Flags, UnknownNamesAreJudgedAfterTheMethod) {
  EXPECT_EQ(refusal({"a", "--rho", "1"}), "striate shell: lasso has no --rho; admm has");
  EXPECT_EQ(std::get<double>(parsed({"a", "--method", "admm", "--rho", "2"}).given.at("rho")), 2);
  EXPECT_EQ(refusal({"a", "--lamda", "1"}),
            "striate shell: there is no option --lamda; did you mean --lambda?");
  EXPECT_THAT(refusal({"a", "--no-sortd"}), HasSubstr("did you mean --sorted"));
  EXPECT_THAT(refusal({"a", "--cuont=3"}), HasSubstr("did you mean --count"));
  EXPECT_THAT(refusal({"a", "-z"}), HasSubstr("there is no option -z"));
  EXPECT_THAT(refusal({"a", "--xylophone", "b", "c"}), HasSubstr("--help lists them"));
}

TEST(Flags, CountsArguments) {
  EXPECT_EQ(refusal({}), "striate shell: INPUT is missing: files to read");
  EXPECT_THAT(refusal({"a", "b", "c"}), HasSubstr("'c' is one word too many"));
  EXPECT_TRUE(parsed({"--help"}).help);
}

class FlagsFile : public InEmptyFolder {};

TEST_F(FlagsFile, NumbersPerSignalComeFromAListOrAFile) {
  const std::vector<float> numbers = {0.5f, 0.25f, 2};
  Archive archive;
  archive.arrays["data"] = Array::from<float>(numbers, {3});
  save("lambdas.npy", archive);
  const Parsed p = parsed({"a", "--lambda", "lambdas.npy"});
  EXPECT_THAT(std::get<std::vector<double>>(p.given.at("lambda")), ElementsAre(0.5, 0.25, 2));
  EXPECT_EQ(p.files.at("lambda"), "lambdas.npy");
  EXPECT_THAT(std::get<std::vector<double>>(parsed({"a", "--lambda", "0.5,2"}).given.at("lambda")),
              ElementsAre(0.5, 2));
  EXPECT_TRUE(parsed({"a", "--lambda", "0.5,2"}).files.empty());
  EXPECT_THAT(refusal({"a", "--lambda", "none.npy"}), HasSubstr("none.npy"));
  EXPECT_THAT(refusal({"a", "--lambda", "none.npx"}), HasSubstr("--lambda is 'none.npx'"));
  archive.arrays["data"] = Array::from<float>(numbers, {1, 3});
  save("row.npy", archive);
  EXPECT_THAT(refusal({"a", "--lambda", "row.npy"}),
              HasSubstr("--lambda row.npy: holds 3 numbers in 1 rows"));
  archive.arrays["data"] = Array::from<float>(std::vector<float>{1, -1}, {2});
  save("negative.npy", archive);
  EXPECT_THAT(refusal({"a", "--lambda", "negative.npy"}), HasSubstr("each must be above 0"));
}

TEST_F(FlagsFile, ListsComeFromFilesTooAndArraysGoToTheCommand) {
  Archive archive;
  archive.arrays["data"] = Array::from<float>(std::vector<float>{1, 2.5}, {2});
  save("list.npy", archive);
  archive.arrays["data"] = Array::from<float>(std::vector<float>(8), {2, 2, 2});
  save("maps.npy", archive);
  EXPECT_THAT(
      std::get<std::vector<double>>(parsed({"a", "--noises", "list.npy"}).given.at("noises")),
      ElementsAre(1, 2.5));
  EXPECT_THAT(
      refusal({"a", "--noises", "maps.npy"}),
      HasSubstr("--noises maps.npy: holds 8 numbers in 2 rows; a list of numbers is needed"));
  Command command = shell();
  command.arrays = {"noises"};
  const std::vector<std::string> words = {"a", "--noises", "maps.npy"};
  const Parsed p = parse(command, words);
  EXPECT_EQ(std::get<std::string>(p.given.at("noises")), "maps.npy");
  EXPECT_EQ(p.files.at("noises"), "maps.npy");
}

TEST_F(FlagsFile, FlagsWinOverTheFile) {
  write("run.toml",
        "count = 4\nrelative-threshold = 1\nsorted = false\nnoises = [1, 2.5]\n"
        "method = \"admm\"\nrho = 3\narguments = [\"x.npy\"]\n");
  const Parsed p = parsed({"--config", "run.toml", "--count", "9"});
  EXPECT_EQ(std::get<std::int64_t>(p.given.at("count")), 9);
  EXPECT_EQ(std::get<double>(p.given.at("relative_threshold")), 1);
  EXPECT_EQ(std::get<bool>(p.given.at("sorted")), false);
  EXPECT_EQ(std::get<double>(p.given.at("rho")), 3);
  EXPECT_THAT(std::get<std::vector<double>>(p.given.at("noises")), ElementsAre(1, 2.5));
  EXPECT_EQ(p.variant, "admm");
  EXPECT_THAT(p.arguments, ElementsAre("x.npy"));
}

TEST_F(FlagsFile, ErrorsNameFileAndKey) {
  write("bad.toml", "count = = 3\n");
  EXPECT_THAT(refusal({"a", "--config", "bad.toml"}), HasSubstr("bad.toml, line 1"));
  write("key.toml", "cuont = 3\n");
  EXPECT_THAT(refusal({"a", "--config", "key.toml"}),
              AllOf(HasSubstr("key.toml: cuont"), HasSubstr("did you mean --count")));
  write("type.toml", "count = \"three\"\n");
  EXPECT_THAT(refusal({"a", "--config", "type.toml"}), HasSubstr("type.toml: count is 'three'"));
  write("table.toml", "[count]\nx = 1\n");
  EXPECT_THAT(refusal({"a", "--config", "table.toml"}), HasSubstr("count is neither"));
  EXPECT_THAT(refusal({"a", "--config", "none.toml"}), HasSubstr("none.toml: cannot be read"));
}

TEST_F(FlagsFile, TomlThatIsWrittenReadsBack) {
  const Values values = {{"count", std::int64_t{5}},
                         {"relative_threshold", 0.1},
                         {"sorted", false},
                         {"noises", std::vector<double>{0.25, 1}},
                         {"method", std::string("admm")}};
  const std::vector<std::string> words = {"a \"quoted\" name.png"};
  write("again.toml", to_toml(values, words));
  const Parsed p = parsed({"--config", "again.toml"});
  for (const auto& [name, value] : values) EXPECT_EQ(p.given.at(name), value) << name;
  EXPECT_EQ(p.arguments, words);
}

}  // namespace
}  // namespace striate::cli
