#include "cli/invocation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/try_cli.h"
#include "striate/core/parallel.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;

struct Options {
  double weight = 1;
  std::optional<int> count = {};
  static void describe(auto& s, auto&& visit) {
    visit(s.weight, {.name = "weight", .range = above(0)});
    visit(s.count, {.name = "count"});
  }
};

Command command() {
  return {.name = "try",
          .sentence = "Tries.",
          .arguments = {"INPUT", "files", 0, 3},
          .fields = fields<Options>(),
          .writes_output = true};
}

class InvocationTest : public InEmptyFolder {
 protected:
  // A call as run_cli makes it.
  std::unique_ptr<Invocation> call(const std::vector<std::string>& words,
                                   std::stop_token stop = {}) {
    return std::make_unique<Invocation>(command_, parse(command_, words),
                                        Streams{.out = out_, .err = err_}, stop);
  }
  static std::string refusal(const auto& f) {
    try {
      f();
    } catch (const UsageError& error) {
      return error.what();
    }
    return "accepted";
  }
  Command command_ = command();
  std::ostringstream out_, err_;
};

TEST_F(InvocationTest, SettingsTakeWhatIsGiven) {
  const auto c = call({"--weight", "2.5", "--seed", "7"});
  EXPECT_EQ(c->settings<Options>().weight, 2.5);
  EXPECT_FALSE(c->settings<Options>().count);
  EXPECT_EQ(c->settings<Options>({.weight = 9, .count = 4}).count, 4);
  EXPECT_EQ(c->common().seed, 7);
  EXPECT_TRUE(c->was_given("weight"));
  EXPECT_FALSE(c->was_given("count"));
}

TEST_F(InvocationTest, RepeatsWhatDecidesTheResult) {
  const Values values =
      call({"a.png", "b c.png", "--weight", "2", "--json", "-o", "x", "--threads", "2"})
          ->to_repeat();
  EXPECT_EQ(values, (Values{{"arguments", std::string("a.png\nb c.png")},
                            {"command", std::string("try")},
                            {"precision", std::string("f32")},
                            {"seed", std::int64_t{0}},
                            {"weight", 2.0}}));
}

TEST_F(InvocationTest, OutputsAreNeverReplacedWithoutForce) {
  write("old.h5", "old");
  EXPECT_THAT(refusal([&] {
                call({"-o", "old.h5"})->output();
              }),
              HasSubstr("--output old.h5: exists already; choose another name or give --force"));
  EXPECT_EQ(call({"-o", "old.h5", "--force"})->output(), "old.h5");
  EXPECT_EQ(read("old.h5"), "old");
  EXPECT_THAT(refusal([&] { call({})->output(); }), HasSubstr("--output is missing"));
  EXPECT_THAT(refusal([&] {
                call({"-o", "no/such/x.h5"})->output();
              }),
              HasSubstr("there is no folder no/such"));
  EXPECT_THAT(refusal([&] {
                call({"old.h5", "-o", "./old.h5", "--force"})->output();
              }),
              HasSubstr("is one of the inputs"));
  static constexpr std::string_view suffixes[] = {".png", ".svg"};
  EXPECT_THAT(refusal([&] {
                call({"-o", "x.gif"})->output(suffixes);
              }),
              HasSubstr("must end in one of .png, .svg"));
  EXPECT_EQ(call({"-o", "x.PNG"})->output(suffixes), "x.PNG");
  command_.output_default = "here";
  EXPECT_EQ(call({})->output(), "here");
  command_.output_default.clear();
  command_.output_optional = true;
  EXPECT_EQ(call({})->output(), "");
}

TEST_F(InvocationTest, ExitCodes) {
  EXPECT_EQ(call({})->exit_code(true), 0);
  EXPECT_EQ(call({})->exit_code(false), 0);
  EXPECT_EQ(call({"--require-convergence"})->exit_code(false), 3);
  EXPECT_EQ(call({"--require-convergence"})->exit_code(true), 0);
  std::stop_source stop;
  const auto c = call({}, stop.get_token());
  EXPECT_FALSE(c->interrupted());
  stop.request_stop();
  EXPECT_EQ(c->exit_code(true), 130);
}

TEST_F(InvocationTest, RunHasLimitsAndThreads) {
  EXPECT_EQ(call({})->run().max_seconds, std::numeric_limits<double>::infinity());
  const striate::Run run = call({"--max-seconds", "5", "--threads", "3"})->run();
  EXPECT_LE(run.max_seconds, 5);
  EXPECT_GT(run.max_seconds, 4);
  EXPECT_EQ(run.threads, 3);
}

TEST_F(InvocationTest, JsonReplacesText) {
  auto text = call({});
  text->print("for people\n");
  text->finish();
  EXPECT_EQ(out_.str(), "for people\n");
  out_.str("");
  auto json = call({"--json"});
  json->print("for people\n");
  json->json()["n"] = 3;
  json->finish();
  EXPECT_EQ(out_.str(), "{\n  \"n\": 3\n}\n");
}

}  // namespace
}  // namespace striate::cli
