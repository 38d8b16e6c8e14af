#include "striate/learning/saved_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

struct Row {
  std::int64_t step = 0;
  double objective = 0;
  static void for_each_figure(const auto& f) {
    f("step", &Row::step);
    f("objective", &Row::objective);
  }
};

TEST(saved_state, RowsComeBackFromTheirColumns) {
  const std::vector<Row> rows{{1, 0.5}, {2, 0.25}, {3, 0.125}};
  Archive columns = columns_of(rows);
  EXPECT_EQ(columns.at("step").dtype(), DType::i64);
  const auto back = rows_of<Row>(columns);
  ASSERT_EQ(back.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(back[i].step, rows[i].step);
    EXPECT_EQ(back[i].objective, rows[i].objective);
  }
  EXPECT_EQ(columns_of<double>(rows).at("step").to<double>(), (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(columns_of<double>(rows).at("step").dtype(), DType::f64);
  columns.arrays["objective"] = columns_of(std::vector<Row>(2)).at("objective");
  EXPECT_THAT([&] { rows_of<Row>(columns); },
              ThrowsMessage<Error>(HasSubstr("has 3 steps but 2 objective")));
}

struct Settings {
  double lambda = 1;
  std::int64_t steps = 5;
  static void describe(auto& s, auto&& visit) {
    visit(s.lambda, {.name = "lambda", .sentence = "Weight."});
    visit(s.steps, {.name = "steps", .sentence = "Steps."});
  }
};

TEST(saved_state, SettingsMayNotChangeButForThoseNamed) {
  Archive saved;
  EXPECT_THAT([&] { check_saved_settings(saved, Settings(), {}); },
              ThrowsMessage<Error>(HasSubstr("holds no settings")));
  saved.attributes["settings"] = values(Settings());
  Settings now;
  now.steps = 7;
  EXPECT_NO_THROW(check_saved_settings(saved, now, {"steps"}));
  EXPECT_THAT([&] { check_saved_settings(saved, now, {}); },
              ThrowsMessage<Error>(HasSubstr("steps is 7 but the state was saved with 5")));
  now.lambda = 2;
  EXPECT_THAT([&] { check_saved_settings(saved, now, {"steps"}); },
              ThrowsMessage<Error>(HasSubstr("lambda is 2 but the state was saved with 1; of the "
                                             "settings only steps may change on resuming")));
}

}  // namespace
}  // namespace striate
