#include "striate/io/detail/attributes_json.h"

#include <cmath>
#include <limits>

#include "striate/io/testing.test.h"

namespace striate {
namespace {

using Attributes = std::map<std::string, Values>;

Attributes read(const std::string& text) { return attributes_from_json("a.json", text); }

TEST(AttributesJson, ReturnsWhatWasWritten) {
  const double inf = std::numeric_limits<double>::infinity();
  const Attributes attributes = {
      {"", {{"text", std::string("größe \"quoted\"\n")}, {"on", true}, {"off", false}}},
      {"a/b",
       {{"whole", std::int64_t{1}},
        {"real", 1.0},
        {"least", std::numeric_limits<std::int64_t>::min()},
        {"most", std::numeric_limits<std::int64_t>::max()},
        {"tenth", 0.1},
        {"inf", inf},
        {"list", std::vector<double>{1, -0.5, -inf}},
        {"none", std::vector<double>{}},
        {"missing", Value{}}}}};
  EXPECT_EQ(read(attributes_to_json(attributes)), attributes);
  const Attributes nan = read(attributes_to_json({{"", {{"x", std::nan("")}}}}));
  EXPECT_TRUE(std::isnan(std::get<double>(nan.at("").at("x"))));
  EXPECT_EQ(read("{}"), Attributes());
}

TEST(AttributesJson, RefusesOtherJson) {
  for (const char* text :
       {"", "[", "[]", "3", "{\"a\": 1}", "{\"a\": {\"b\": {}}}", "{\"a\": {\"b\": [\"c\"]}}",
        "{\"a\": {\"b\": {\"number\": \"x\"}}}", "{\"a\": {\"b\": [[1]]}}", "{\"a\": {}", "\xFF"})
    EXPECT_THAT([&] { read(text); }, throws_with<IoError>("a.json")) << text;
  EXPECT_THROW(read(std::string(100000, '[')), IoError);
  EXPECT_TRUE(std::holds_alternative<double>(
      read("{\"a\": {\"b\": 18446744073709551615}}").at("a").at("b")));
}

}  // namespace
}  // namespace striate
