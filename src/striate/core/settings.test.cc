#include "striate/core/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace striate {

enum class Order { random, grid, all };
template <>
struct EnumNames<Order> {
  static constexpr std::array<std::string_view, 3> names{"random", "grid", "all"};
};

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr double kInfinite = std::numeric_limits<double>::infinity();

struct Inner {
  double cutoff = 0.4;
  static void describe(auto& s, auto&& visit) {
    visit(s.cutoff, {.name = "cutoff", .range = between(0, 1), .unit = "cycles per pixel"});
  }
};

struct Everything {
  std::optional<double> lambda = {};
  std::optional<std::int64_t> limit = {};
  int max_iterations = 500;
  std::int64_t seed = 0;
  double tolerance = 1e-4;
  double max_seconds = kInfinite;
  bool positive = false;
  std::string name = "lasso";
  Order order = Order::grid;
  std::vector<double> weights = {};
  Inner inner = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.lambda, {.name = "lambda",
                     .python = "lam",
                     .range = above(0),
                     .sentence = "Weight of the penalty.",
                     .required = true});
    visit(s.limit, {.name = "limit", .range = at_least(1)});
    visit(s.max_iterations,
          {.name = "max_iterations", .range = at_least(1), .unit = "iterations", .since = "0.2"});
    visit(s.seed, {.name = "seed"});
    visit(s.tolerance, {.name = "tolerance", .range = at_least(0)});
    visit(s.max_seconds, {.name = "max_seconds", .range = at_least_or_infinite(0)});
    visit(s.positive, {.name = "positive"});
    visit(s.name, {.name = "name"});
    visit(s.order, {.name = "order"});
    visit(s.weights, {.name = "weights", .range = at_least(0)});
    Inner::describe(s.inner, visit);
  }
};

Everything with(std::string_view name, const Value& value) {
  Everything settings;
  assign("lasso", settings, name, value);
  return settings;
}
Value text(const char* word) { return std::string(word); }

TEST(Range, ContainsAndSaysWhatIsAllowed) {
  const double nan = std::nan("");
  EXPECT_EQ(above(0).text(), "above 0");
  EXPECT_FALSE(above(0).contains(0));
  EXPECT_TRUE(above(0).contains(1e-300));
  EXPECT_EQ(at_least(1).text(), "at least 1");
  EXPECT_TRUE(at_least(1).contains(1));
  EXPECT_EQ(between(0, 1).text(), "from 0 to 1");
  EXPECT_TRUE(between(0, 1).contains(1));
  EXPECT_FALSE(between(0, 1).contains(1.001));
  EXPECT_EQ(Range{}.text(), "");
  EXPECT_EQ((Range{.low = 0, .high = 1}.text()), "above 0 and below 1");
  EXPECT_EQ((Range{.low = 0, .high = 1, .high_open = false}.text()), "above 0 and at most 1");
  EXPECT_EQ((Range{.high = 2}.text()), "below 2");
  EXPECT_EQ(at_least_or_infinite(0).text(), "at least 0 or inf");
  for (const Range& range : {above(0), at_least(0), between(0, 1), Range{}}) {
    EXPECT_FALSE(range.contains(nan));
    EXPECT_FALSE(range.contains(kInfinite));
  }
  EXPECT_TRUE(at_least_or_infinite(0).contains(kInfinite));
  EXPECT_FALSE(at_least_or_infinite(0).contains(nan));
}

TEST(Fields, TellEverythingThatWasDescribed) {
  const auto table = fields<Everything>();
  ASSERT_EQ(table.size(), 11u);
  EXPECT_EQ(table[0].name, "lambda");
  EXPECT_EQ(table[0].python, "lam");
  EXPECT_EQ(table[0].type, "number");
  EXPECT_EQ(table[0].value, Value{});
  EXPECT_TRUE(table[0].required);
  EXPECT_EQ(table[0].sentence, "Weight of the penalty.");
  EXPECT_EQ(table[1].type, "integer");
  EXPECT_EQ(table[2].python, "max_iterations");
  EXPECT_EQ(table[2].value, Value(std::int64_t{500}));
  EXPECT_EQ(table[2].unit, "iterations");
  EXPECT_EQ(table[2].since, "0.2");
  EXPECT_EQ(table[6].type, "bool");
  EXPECT_EQ(table[6].value, Value(false));
  EXPECT_EQ(table[7].type, "text");
  EXPECT_EQ(table[8].type, "text");
  EXPECT_EQ(table[8].value, text("grid"));
  EXPECT_THAT(table[8].choices, ElementsAre("random", "grid", "all"));
  EXPECT_EQ(table[9].type, "numbers");
  EXPECT_EQ(table[10].name, "cutoff");  // of the struct inside
}

TEST(Assign, ReadsTextAsTheCommandLineGivesIt) {
  EXPECT_EQ(with("lambda", text("0.1")).lambda, 0.1);
  EXPECT_EQ(with("lam", text(" 1e-4 ")).lambda, 1e-4);
  EXPECT_EQ(with("lambda", text("+2")).lambda, 2);
  EXPECT_EQ(with("max_seconds", text("inf")).max_seconds, kInfinite);
  EXPECT_EQ(with("max_iterations", text("12")).max_iterations, 12);
  EXPECT_EQ(with("max_iterations", text("1e6")).max_iterations, 1000000);
  EXPECT_EQ(with("seed", text("9007199254740993")).seed, 9007199254740993);  // no double on the way
  EXPECT_EQ(with("seed", text("-3")).seed, -3);
  EXPECT_TRUE(with("positive", text("true")).positive);
  EXPECT_TRUE(with("positive", text("1")).positive);
  EXPECT_FALSE(with("positive", text("off")).positive);
  EXPECT_EQ(with("order", text("random")).order, Order::random);
  EXPECT_EQ(with("name", text(" as it is ")).name, " as it is ");
  EXPECT_THAT(with("weights", text("1, 0.5,2e3")).weights, ElementsAre(1, 0.5, 2000));
  EXPECT_THAT(with("weights", text("3")).weights, ElementsAre(3));
  EXPECT_TRUE(with("weights", text("")).weights.empty());
  EXPECT_EQ(with("cutoff", text("0.25")).inner.cutoff, 0.25);
}

TEST(Assign, TakesTypedValuesAsFilesAndPythonGiveThem) {
  EXPECT_EQ(with("lambda", std::int64_t{2}).lambda, 2);
  EXPECT_EQ(with("lambda", 0.5).lambda, 0.5);
  EXPECT_EQ(with("max_iterations", 12.0).max_iterations, 12);
  EXPECT_EQ(with("limit", std::int64_t{4}).limit, 4);
  EXPECT_TRUE(with("positive", true).positive);
  EXPECT_TRUE(with("positive", std::int64_t{1}).positive);
  EXPECT_THAT(with("weights", std::vector<double>{1, 2}).weights, ElementsAre(1, 2));
  EXPECT_THAT(with("weights", 2.5).weights, ElementsAre(2.5));
  Everything settings{.lambda = 3};
  assign("lasso", settings, "lambda", Value{});
  EXPECT_FALSE(settings.lambda);
}

void refuses(std::string_view name, const Value& value, const std::string& message) {
  EXPECT_THAT(([&] { with(name, value); }), ThrowsMessage<Error>(message));
}

TEST(Assign, RefusesByNameWithWhatIsAllowed) {
  refuses("lambda", -1.0, "lasso: lambda is -1; it must be above 0");
  refuses("lambda", text("0"), "lasso: lambda is 0; it must be above 0");
  refuses("lambda", text("nan"), "lasso: lambda is nan; it must be finite and above 0");
  refuses("lambda", text("inf"), "lasso: lambda is inf; it must be finite and above 0");
  refuses("lambda", text("0.1x"), "lasso: lambda is '0.1x'; it must be a number above 0");
  refuses("lambda", text(""), "lasso: lambda is ''; it must be a number above 0");
  refuses("lambda", text("+-1"), "lasso: lambda is '+-1'; it must be a number above 0");
  refuses("lambda", true, "lasso: lambda is true; it must be a number above 0");
  refuses("max_iterations", 2.5, "lasso: max_iterations is 2.5; it must be an integer at least 1");
  refuses("max_iterations", text("many"),
          "lasso: max_iterations is 'many'; it must be an integer at least 1");
  refuses("max_iterations", text("0"), "lasso: max_iterations is 0; it must be at least 1");
  refuses("max_iterations", std::int64_t{5000000000},
          "lasso: max_iterations is 5000000000; it must be at most 2147483647");
  refuses("seed", 1e30, "lasso: seed is 1e+30; it must be an integer");
  refuses("seed", Value{}, "lasso: seed is none; it must be an integer");
  refuses("positive", text("maybe"), "lasso: positive is 'maybe'; it must be true or false");
  refuses("positive", std::int64_t{2}, "lasso: positive is 2; it must be true or false");
  refuses("name", 3.0, "lasso: name is 3; it must be text");
  refuses("order", text("gird"), "lasso: order is 'gird'; it must be one of random, grid, all");
  refuses("order", 1.0, "lasso: order is 1; it must be one of random, grid, all");
  refuses("weights", text("1,-2"), "lasso: weights has -2; each must be at least 0");
  refuses("weights", text("1,,2"),
          "lasso: weights is '1,,2'; it must be numbers separated by commas, at least 0");
  refuses("weights", text("1,2,"),
          "lasso: weights is '1,2,'; it must be numbers separated by commas, at least 0");
  refuses("weights", std::vector<double>{1, std::nan("")},
          "lasso: weights has nan; each must be finite and at least 0");
}

TEST(Assign, ARefusedValueChangesNothing) {
  Everything settings;
  EXPECT_THROW(assign("lasso", settings, "tolerance", -1.0), Error);
  EXPECT_EQ(settings.tolerance, 1e-4);
}

TEST(Assign, UnknownNamesGetTheNearestOrTheList) {
  refuses("lamda", 1.0, "lasso has no setting 'lamda'; the nearest is 'lambda'");
  refuses("la", 1.0, "lasso has no setting 'la'; the nearest is 'lam'");
  refuses("max_iter", 1.0,
          "lasso has no setting 'max_iter'; it has lambda, limit, max_iterations, seed, tolerance, "
          "max_seconds, positive, name, order, weights, cutoff");
}

TEST(Values, RoundTripThroughValuesAndThroughText) {
  Everything settings{.lambda = 0.1,
                      .max_iterations = 7,
                      .seed = -5,
                      .max_seconds = 3,
                      .positive = true,
                      .name = "x",
                      .order = Order::all,
                      .weights = {0.1, 2}};
  const Values all = values(settings);
  EXPECT_FALSE(all.contains("limit"));  // not given
  EXPECT_EQ(all.at("order"), text("all"));
  Everything copy, from_text;
  for (const auto& [name, value] : all) {
    assign("lasso", copy, name, value);
    assign("lasso", from_text, name, to_text(value));
  }
  EXPECT_EQ(values(copy), all);
  EXPECT_EQ(values(from_text), all);
}

TEST(ToText, OfValues) {
  EXPECT_EQ(to_text(Value{}), "none");
  EXPECT_EQ(to_text(Value(true)), "true");
  EXPECT_EQ(to_text(Value(std::int64_t{3})), "3");
  EXPECT_EQ(to_text(Value(0.25)), "0.25");
  EXPECT_EQ(to_text(text("word")), "word");
  EXPECT_EQ(to_text(Value(std::vector<double>{1, 0.5})), "1,0.5");
}

TEST(Validate, ChecksWhatTheFieldsHold) {
  Everything settings;
  const auto message = [&](const std::string& what) {
    EXPECT_THAT(([&] { validate("lasso", settings); }), ThrowsMessage<Error>(what));
  };
  message("lasso: lambda is missing; it must be given and above 0");
  settings.lambda = 0.1;
  EXPECT_NO_THROW(validate("lasso", settings));
  settings.lambda = -1;
  message("lasso: lambda is -1; it must be above 0");
  settings.lambda = std::nan("");
  message("lasso: lambda is nan; it must be finite and above 0");
  settings.lambda = 1;
  settings.max_iterations = 0;
  message("lasso: max_iterations is 0; it must be at least 1");
  settings.max_iterations = 1;
  settings.weights = {1, kInfinite};
  message("lasso: weights has inf; each must be finite and at least 0");
  settings.weights = {};
  settings.inner.cutoff = 2;
  message("lasso: cutoff is 2; it must be from 0 to 1");
}

struct Signalwise {
  PerSignal lambda = {};
  PerSignal nonzeros = 3;
  static void describe(auto& s, auto&& visit) {
    visit(s.lambda, {.name = "lambda", .range = above(0), .required = true});
    visit(s.nonzeros, {.name = "nonzeros", .range = at_least(0)});
  }
};

TEST(PerSignal, IsOneNumberOrOnePerSignal) {
  const std::vector<double> three = {1, 2, 3};
  const PerSignal none, one = 0.5, list = three, same = {1, 2, 3};
  EXPECT_FALSE(none);
  EXPECT_TRUE(one && list);
  EXPECT_EQ(one[7], 0.5);
  EXPECT_EQ(list[2], 3);
  EXPECT_EQ(list, same);
  const std::vector<std::int64_t> some = {2, 0}, nothing;
  EXPECT_EQ(list.of(some), PerSignal({3, 1}));
  EXPECT_EQ(one.of(some), one);
  EXPECT_EQ(none.of(some), none);
  EXPECT_TRUE(list.of(nothing));
}

TEST(PerSignal, IsASettingLikeOthers) {
  const auto table = fields<Signalwise>();
  EXPECT_EQ(table[0].type, "numbers");
  EXPECT_EQ(table[0].value, Value());
  EXPECT_EQ(table[1].value, Value(3.0));
  EXPECT_TRUE(table[0].per_signal);
  EXPECT_FALSE(fields<Everything>()[9].per_signal);

  Signalwise s;
  EXPECT_THAT([&] { validate("lasso", s); }, ThrowsMessage<Error>(HasSubstr("lambda is missing")));
  assign("lasso", s, "lambda", std::vector<double>{0.1, 0.2});
  EXPECT_EQ(s.lambda, PerSignal({0.1, 0.2}));
  EXPECT_EQ(values(s)["lambda"], Value(std::vector<double>{0.1, 0.2}));
  assign("lasso", s, "lambda", std::string("0.3"));
  EXPECT_EQ(values(s)["lambda"], Value(0.3));
  assign("lasso", s, "nonzeros", std::int64_t{5});
  EXPECT_EQ(s.nonzeros[0], 5);
  assign("lasso", s, "nonzeros", Value());
  EXPECT_FALSE(s.nonzeros);

  EXPECT_THAT([&] { assign("lasso", s, "lambda", -1.0); },
              ThrowsMessage<Error>(HasSubstr("lasso: lambda is -1; it must be above 0")));
  EXPECT_THAT(
      [&] {
        assign("lasso", s, "lambda", std::vector<double>{1, -1});
      },
      ThrowsMessage<Error>(HasSubstr("-1")));
  s.lambda = {1, 0};
  EXPECT_THAT([&] { validate("lasso", s); },
              ThrowsMessage<Error>(HasSubstr("lasso: lambda has 0; each must be above 0")));
  s.lambda = 0;
  EXPECT_THAT([&] { validate("lasso", s); },
              ThrowsMessage<Error>(HasSubstr("lasso: lambda is 0; it must be above 0")));
}

TEST(PerSignal, IsCheckedAgainstTheSignalsAndPickedForSome) {
  const Signalwise s{.lambda = {1, 2, 3}};
  check_signals("lasso", s, 3);
  check_signals("lasso", Signalwise{.lambda = 1.0}, 7);
  EXPECT_THAT([&] { check_signals("lasso", s, 2); },
              ThrowsMessage<Error>(HasSubstr("lasso: lambda has 3 values for 2 signals; one value "
                                             "is needed, or one per signal")));
  const std::vector<std::int64_t> last = {2};
  const Signalwise one = settings_of(s, last);
  EXPECT_EQ(one.lambda, PerSignal(3.0));
  EXPECT_EQ(one.nonzeros, PerSignal(3.0));
}

}  // namespace
}  // namespace striate
