// For tests: a folder with small images and a model of pairs learned from them.
#pragma once

#include "cli/try_cli.h"

namespace striate::cli {

class WithModel : public InEmptyFolder {
 protected:
  void SetUp() override {
    InEmptyFolder::SetUp();
    for (const char* line :
         {"striate generate --images 2 --rows 48 --columns 40 --output leaves",
          "striate learn leaves --patch 6 --atoms 40 --coder group_lasso --lambda 0.1 --steps 3 "
          "--batch 64 --count 2000 --held-out 50 --output model.h5"}) {
      const CliResult result = try_line(line);
      ASSERT_EQ(result.exit_code, 0) << line << "\n" << result.err;
    }
  }

  // The line ends with this code and these words on stderr, and nothing in the folder changes.
  static void refused(const std::string& line, int code, const std::string& words) {
    const std::vector<std::string> before = listing();
    const CliResult result = try_line(line);
    EXPECT_EQ(result.exit_code, code) << line << "\n" << result.err;
    EXPECT_NE(result.err.find(words), std::string::npos) << line << "\n" << result.err;
    EXPECT_EQ(result.out, "") << line;
    EXPECT_EQ(listing(), before) << line;
  }
};

}  // namespace striate::cli
