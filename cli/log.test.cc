#include "cli/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/progress.h"

namespace striate::cli {
namespace {

std::string written(bool quiet, bool verbose, bool bar = false) {
  std::ostringstream err;
  {
    ProgressDisplay progress(err, bar ? ProgressMode::bar : ProgressMode::off,
                             [] { return Terminal{.width = 50}; });
    progress.show({.stage = "work", .done = 1, .total = 2});
    Log log(progress, quiet, verbose);
    log.step("a step with {braces} and 100 %");
    log.note("a note");
    log.warning("too few");
  }
  return err.str();
}

TEST(Log, LevelsFollowQuietAndVerbose) {
  EXPECT_EQ(written(true, false), "");
  EXPECT_EQ(written(false, false), "a note\nwarning: too few\n");
  const std::string verbose = written(false, true);
  EXPECT_THAT(verbose, testing::HasSubstr("] a step with {braces} and 100 %\n"));
  EXPECT_THAT(verbose, testing::HasSubstr("] warning: too few\n"));
}

TEST(Log, StepsRoundTheBar) {
  EXPECT_THAT(written(false, false, true), testing::HasSubstr("\r\x1b[Ka note\n"));
}

}  // namespace
}  // namespace striate::cli
