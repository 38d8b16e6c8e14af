#include "cli/value_json.h"

#include <gtest/gtest.h>

#include <limits>

namespace striate::cli {
namespace {

struct Described {
  std::int64_t second = 2;
  double first = std::numeric_limits<double>::infinity();
  std::optional<double> none = {};
  std::vector<double> several = {0.5, 1};

  static void describe(auto& s, auto&& visit) {
    visit(s.second, {.name = "second"});
    visit(s.first, {.name = "first"});
    visit(s.none, {.name = "none"});
    visit(s.several, {.name = "several"});
  }
};

TEST(ValueJson, KeepsOrderAndHasWordsForInfinity) {
  EXPECT_EQ(json_of_fields(Described{}).dump(),
            R"({"second":2,"first":"inf","none":null,"several":[0.5,1.0]})");
  EXPECT_EQ(to_json(true).dump(), "true");
  EXPECT_EQ(to_json(std::string("a")).dump(), "\"a\"");
}

}  // namespace
}  // namespace striate::cli
