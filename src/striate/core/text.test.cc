#include "striate/core/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "striate/core/random.h"

namespace striate {
namespace {

TEST(ToText, ShortestDecimalThatReadsBack) {
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(-2.50), "-2.5");
  EXPECT_EQ(to_text(0.0), "0");
  EXPECT_EQ(to_text(100000.0), "100000");
  EXPECT_EQ(to_text(1e-4), "0.0001");
  EXPECT_EQ(to_text(1e-5), "1e-05");
  EXPECT_EQ(to_text(1e20), "1e+20");
  EXPECT_EQ(to_text(0.1f), "0.1");
  EXPECT_EQ(to_text(std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(to_text(-std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(to_text(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(to_text(-std::numeric_limits<float>::infinity()), "-inf");
  EXPECT_EQ(to_text(std::numeric_limits<double>::denorm_min()), "5e-324");
  EXPECT_EQ(to_text(-7LL), "-7");
  EXPECT_EQ(to_text(18446744073709551615ULL), "18446744073709551615");
}

TEST(ToText, EveryNumberReadsBackAsItself) {
  Random random(1, stream("text test"));
  for (int i = 0; i < 2000; ++i) {
    const double x = random.normal() * std::pow(10.0, double(random.below(40)) - 20);
    EXPECT_EQ(std::stod(to_text(x)), x);
    const auto y = static_cast<float>(x);
    EXPECT_EQ(std::stof(to_text(y)), y);
  }
}

TEST(Join, PutsPartsOneAfterAnother) {
  const std::string name = "lambda";
  EXPECT_EQ(join("lasso: ", name, " is ", -1.0, ';', ' ', 3, std::uint8_t{7}, true, 0.5f),
            "lasso: lambda is -1; 37true0.5");
  EXPECT_EQ(join(), "");
}

TEST(ListOf, SeparatesByCommas) {
  EXPECT_EQ(list_of(std::vector<std::string>{}), "");
  EXPECT_EQ(list_of(std::vector<std::string>{"a"}), "a");
  EXPECT_EQ(list_of(std::vector<std::string>{"a", "b", "c"}), "a, b, c");
}

TEST(NearestName, FindsTheWordMeant) {
  const std::vector<std::string> names{"lambda", "lambda_relative", "tolerance", "seed"};
  EXPECT_EQ(nearest_name("lamda", names), "lambda");
  EXPECT_EQ(nearest_name("lambda-relativ", names), "lambda_relative");
  EXPECT_EQ(nearest_name("tolerence", names), "tolerance");
  EXPECT_EQ(nearest_name("sede", names), "seed");
  EXPECT_EQ(nearest_name("seed", names), "seed");
}

TEST(NearestName, IsEmptyWhereNothingIsNear) {
  const std::vector<std::string> names{"lambda", "seed", "k"};
  EXPECT_EQ(nearest_name("orthogonality", names), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name("x", names), "");  // one letter for another is nothing in common
  EXPECT_EQ(nearest_name("seed", std::vector<std::string>{}), "");
}

TEST(NearestName, TiesGoToTheFirst) {
  EXPECT_EQ(nearest_name("rad", std::vector<std::string>{"row", "red", "rid"}), "red");
}

}  // namespace
}  // namespace striate
