#include "cli/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <set>

#include "cli/common_options.h"
#include "cli/help.h"
#include "cli/try_cli.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;

TEST(Commands, EveryEntryIsComplete) {
  std::set<std::string> names;
  for (const Command& command : commands()) {
    SCOPED_TRACE(command.name);
    EXPECT_TRUE(names.insert(command.name).second);
    EXPECT_TRUE(command.sentence.ends_with("."));
    EXPECT_TRUE(command.run);
    EXPECT_FALSE(command.examples.empty());
    EXPECT_EQ(command.selector.empty(), command.variants.empty());
    std::vector<std::vector<Field>> parts = {command.fields};
    for (const Variant& variant : command.variants) parts.push_back(variant.fields);
    for (const Field& field : all_fields(parts)) {
      EXPECT_FALSE(field.sentence.empty()) << field.name;
      for (const char c : field.name)
        EXPECT_TRUE(std::islower(static_cast<unsigned char>(c)) ||
                    std::isdigit(static_cast<unsigned char>(c)) || c == '_')
            << field.name;
      EXPECT_FALSE(field.name.starts_with("no_")) << field.name;
    }
  }
}

// A name has one type in the whole program. The exceptions: demo --images names a folder, where
// generate --images counts; both are what users type first. encode --channels says how they are
// coded, as in Python, where generate --channels counts; encode --filters names the bank that learn
// --filters counts, as the argument `filters` of learn in Python is either. What is a number, or one
// per signal, for the solvers is one number elsewhere.
TEST(Commands, NamesKeepTheirType) {
  std::map<std::string, std::pair<std::string, std::string>> types;
  for (const Command& command : commands()) {
    std::vector<std::vector<Field>> parts = {command.fields, fields<CommonOptions>()};
    for (const Variant& variant : command.variants) parts.push_back(variant.fields);
    for (const auto& part : parts)
      for (const Field& field : part) {
        const std::set<std::string> excepted = {"images", "channels", "filters", "nonzeros"};
        if (excepted.contains(field.name)) continue;
        const std::string type = field.per_signal ? "number" : field.type;
        const auto [known, fresh] = types.try_emplace(field.name, type, command.name);
        EXPECT_EQ(known->second.first, type)
            << field.name << " of " << command.name << " and " << known->second.second;
      }
  }
}

class CommandExamples : public InEmptyFolder {};

TEST_F(CommandExamples, AllOfThemWork) {
  const auto home = std::filesystem::current_path();
  for (const Command& command : commands()) {
    SCOPED_TRACE(command.name);
    std::filesystem::create_directory("example");
    std::filesystem::current_path("example");
    for (const std::string& line : command.examples) {
      const CliResult result = try_line(line);
      EXPECT_EQ(result.exit_code, 0) << line << "\n" << result.err;
      EXPECT_EQ(result.err, "") << line;
      EXPECT_NE(result.out, "") << line;
    }
    std::filesystem::current_path(home);
    std::filesystem::remove_all("example");
  }
}

}  // namespace
}  // namespace striate::cli
