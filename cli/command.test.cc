#include "cli/command.h"

#include <gtest/gtest.h>

#include <set>

#include "cli/commands.h"
#include "cli/common_options.h"
#include "cli/flags.h"
#include "cli/help.h"
#include "cli/try_cli.h"

namespace striate::cli {
namespace {

TEST(Command, AllFieldsKeepsTheFirstOfANameThatComesTwice) {
  Field one, two, other;
  one.name = two.name = "seed";
  one.sentence = "first";
  two.sentence = "second";
  other.name = "force";
  const std::vector<Field> all = all_fields({{one}, {two, other}});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].sentence, "first");
  EXPECT_EQ(all[1].name, "force");
}

TEST(Command, FlagsHaveDashes) {
  EXPECT_EQ(flag_of("lambda_relative"), "--lambda-relative");
  EXPECT_EQ(flag_of("k"), "--k");
}

}  // namespace
}  // namespace striate::cli
