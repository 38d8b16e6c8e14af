#include "cli/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/commands.h"
#include "cli/common_options.h"
#include "cli/try_cli.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

// Columns, not bytes.
std::size_t columns(const std::string& line) {
  std::size_t count = 0;
  for (const unsigned char c : line) count += (c & 0xC0) != 0x80;
  return count;
}

TEST(Help, EveryVerbTellsAllOptionsWithinAHundredColumns) {
  for (const Command& command : commands()) {
    SCOPED_TRACE(command.name);
    const std::string help = help_of(command);
    std::vector<std::vector<Field>> parts = {command.fields, fields<CommonOptions>()};
    for (const Variant& variant : command.variants) parts.push_back(variant.fields);
    for (const Field& field : all_fields(parts)) {
      const std::string flag = flag_of(field.name);
      EXPECT_TRUE(help.find(flag) != std::string::npos ||
                  help.find("--no-" + flag.substr(2)) != std::string::npos)
          << flag;
    }
    for (const std::string& example : command.examples) EXPECT_THAT(help, HasSubstr(example));
    std::istringstream lines(help.substr(0, help.find("\nExample")));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), 100u) << line;
  }
}

struct Some {
  double tolerance = 1e-4;
  bool shuffle = true;
  bool deep = false;
  std::optional<int> k = {};
  std::vector<double> levels = {};
  static void describe(auto& s, auto&& visit) {
    visit(s.tolerance, {.name = "tolerance",
                        .range = at_least(0),
                        .unit = "seconds",
                        .sentence = "When to stop."});
    visit(s.shuffle, {.name = "shuffle", .sentence = "In random order."});
    visit(s.deep, {.name = "deep", .sentence = "All the way."});
    visit(s.k, {.name = "k", .range = between(1, 9), .sentence = "How many."});
    visit(s.levels, {.name = "levels", .sentence = "Which."});
  }
};

TEST(Help, FactsAreDefaultRangeAndUnit) {
  const std::vector<Field> some = fields<Some>();
  EXPECT_EQ(facts_of(some[0]), "default 0.0001; at least 0; seconds");
  EXPECT_EQ(facts_of(some[1]), "");
  EXPECT_EQ(facts_of(some[3]), "from 1 to 9");
  EXPECT_EQ(facts_of(some[4]), "");
}

TEST(Help, SwitchesThatAreOnAreShownAsTheirOpposite) {
  Command command{.name = "try", .sentence = "Tries.", .fields = fields<Some>()};
  const std::string help = help_of(command);
  EXPECT_THAT(help, HasSubstr("--no-shuffle"));
  EXPECT_THAT(help, HasSubstr("--deep"));
  EXPECT_THAT(help, Not(HasSubstr("--no-deep")));
  EXPECT_THAT(help, HasSubstr("--levels X,X,...|FILE"));
}

TEST(Help, VariantsTellWhoHasAnOption) {
  Field shared, own;
  shared.name = "lambda";
  shared.type = own.type = "number";
  shared.sentence = own.sentence = "A number.";
  own.name = "rho";
  Field method;
  method.name = "method";
  method.type = "text";
  const Command command{
      .name = "try",
      .sentence = "Tries.",
      .fields = {method},
      .selector = "method",
      .variants = {{"lasso", "First.", {shared}}, {"admm", "Second.", {shared, own}}}};
  const std::string help = help_of(command);
  EXPECT_THAT(help, HasSubstr("--method lasso|admm"));
  EXPECT_THAT(help, HasSubstr("(only admm)"));
  EXPECT_THAT(help, Not(HasSubstr("(only lasso")));
}

TEST(Help, OverviewAndReferenceNameEveryVerb) {
  const std::string overview_text = overview(commands()), reference = reference_of(commands());
  for (const Command& command : commands()) {
    EXPECT_THAT(overview_text, HasSubstr("  " + command.name));
    EXPECT_THAT(reference, HasSubstr("## striate " + command.name + "\n"));
  }
  EXPECT_THAT(reference, HasSubstr("| `--lambda` |"));
}

TEST(Help, ComesFromTheCommandLine) {
  EXPECT_THAT(try_cli({}).out, HasSubstr("Usage: striate VERB"));
  EXPECT_EQ(try_cli({"--help"}).out, try_cli({}).out);
  EXPECT_THAT(try_cli({"encode", "--help"}).out, HasSubstr("--lambda-relative"));
  EXPECT_THAT(try_cli({"memory", "--help"}).out, HasSubstr("memory recall"));
  EXPECT_THAT(try_cli({"memory", "create", "-h"}).out, HasSubstr("--units"));
}

}  // namespace
}  // namespace striate::cli
