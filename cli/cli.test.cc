#include "cli/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/try_cli.h"
#include "striate/core/build_info.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Cli, Version) {
  EXPECT_EQ(try_cli({"--version"}).out, "striate " + std::string(library_version) + "\n");
  EXPECT_EQ(try_cli({"learn", "--version"}).out, try_cli({"--version"}).out);
}

TEST(Cli, UnknownVerbsSuggestTheNearest) {
  const CliResult result = try_cli({"encod", "x.npy"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err, "striate: there is no verb 'encod'; did you mean 'encode'?\n");
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(try_cli({"xyzzyfoo"}).err, HasSubstr("there are demo, demo convolutional, generate"));
  EXPECT_THAT(try_cli({"memory", "recal", "m"}).err, HasSubstr("did you mean 'memory recall'"));
  EXPECT_THAT(try_cli({"memory"}).err, HasSubstr("say which of memory create"));
  EXPECT_THAT(try_cli({"--threads", "2", "info"}).err, HasSubstr("the verb comes first"));
}

TEST(Cli, AFlagChoosesAnotherFormOfAVerb) {
  for (const auto& words : {std::vector<std::string>{"encode", "--convolutional", "--help"},
                            {"encode", "--help", "--convolutional"}}) {
    const CliResult help = try_cli(words);
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_THAT(help.out, StartsWith("striate encode --convolutional:"));
    EXPECT_THAT(help.out, HasSubstr("--boundary"));
  }
  const std::string plain = try_cli({"encode", "--help"}).out;
  EXPECT_THAT(plain, StartsWith("striate encode:"));
  EXPECT_THAT(plain, HasSubstr("See also striate encode --convolutional --help"));
  // Options of the one that were meant for the other.
  EXPECT_EQ(try_cli({"encode", "a.png", "--filters", "b.npy"}).err,
            "striate encode: encode has no --filters; encode --convolutional has\n");
  EXPECT_EQ(try_cli({"encode", "a.png", "--convolutional", "--patch", "8"}).err,
            "striate encode --convolutional: encode --convolutional has no --patch; encode has\n");
}

class CliFiles : public InEmptyFolder {};

TEST_F(CliFiles, ErrorsAreOneLineOnStderrWithTheirCode) {
  const CliResult missing = try_cli({"info", "none.h5"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_EQ(missing.out, "");
  EXPECT_THAT(missing.err, HasSubstr("none.h5"));
  EXPECT_EQ(std::count(missing.err.begin(), missing.err.end(), '\n'), 1);
  EXPECT_EQ(try_cli({"info", "--setings"}).exit_code, 2);
}

// Takes nothing, as a full disk or a closed pipe.
class FullBuffer : public std::streambuf {
 protected:
  int overflow(int) override { return traits_type::eof(); }
  int sync() override { return -1; }
};

TEST_F(CliFiles, AnOutputThatTakesNothingIsAnError) {
  FullBuffer full;
  std::ostream out(&full);
  std::ostringstream err;
  const std::vector<std::string> words = {"info"};
  EXPECT_EQ(run_cli(words, {.out = out, .err = err}), 1);
  EXPECT_THAT(err.str(), StartsWith("striate: standard output: cannot be written"));
}

TEST_F(CliFiles, JsonIsOneObject) {
  const CliResult result = try_cli({"info", "--json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, StartsWith("{\n"));
  EXPECT_THAT(result.out, testing::EndsWith("}\n"));
  EXPECT_THAT(result.out, HasSubstr("\"version\": \"" + std::string(library_version)));
}

TEST_F(CliFiles, AStopEndsWith130AndLeavesNothing) {
  std::stop_source stop;
  stop.request_stop();
  const CliResult result =
      try_cli({"generate", "--images", "2", "--rows", "64", "-o", "x.npy"}, stop.get_token());
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_TRUE(listing().empty());
}

}  // namespace
}  // namespace striate::cli
