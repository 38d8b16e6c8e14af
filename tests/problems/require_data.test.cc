#include "tests/problems/require_data.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace striate {
namespace {

// Sets STRIATE_DATA and puts the old value back.
class Environment {
 public:
  explicit Environment(const char* value) {
    if (const char* old = std::getenv("STRIATE_DATA")) old_ = old;
    if (value) setenv("STRIATE_DATA", value, 1);
    else unsetenv("STRIATE_DATA");
  }
  ~Environment() {
    if (old_) setenv("STRIATE_DATA", old_->c_str(), 1);
    else unsetenv("STRIATE_DATA");
  }

 private:
  std::optional<std::string> old_;
};

TEST(RequireData, GivesTheFile) {
  const std::string folder = ::testing::TempDir();
  std::ofstream(folder + "/require_data_here").put('x');
  const Environment environment(folder.c_str());
  const auto file = require_data("require_data_here");
  ASSERT_TRUE(file);
  EXPECT_TRUE(std::filesystem::exists(*file));
}

TEST(RequireData, FailsWhereTheFileIsMissing) {
  static std::string folder;
  folder = ::testing::TempDir();
  const Environment environment(folder.c_str());
  EXPECT_NONFATAL_FAILURE(require_data("no such file"), "is missing");
}

TEST(RequireData, SkipsWithoutTheVariable) {
  const Environment environment(nullptr);
  ::testing::TestPartResultArray results;
  {
    ::testing::ScopedFakeTestPartResultReporter reporter(
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
    EXPECT_FALSE(require_data("anything"));
  }
  ASSERT_EQ(results.size(), 1);
  EXPECT_TRUE(results.GetTestPartResult(0).skipped());
}

}  // namespace
}  // namespace striate
