// For tests: command lines run inside the process, in an empty folder of their own.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/cli.h"

namespace striate::cli {

struct CliResult {
  int exit_code = 0;
  std::string out, err;
};

inline CliResult try_cli(const std::vector<std::string>& words, std::stop_token stop = {}) {
  std::ostringstream out, err;
  const int code = run_cli(words, {.out = out, .err = err}, stop);
  return {code, out.str(), err.str()};
}

// A line as one would type it: words separated by blanks, "striate" in front.
inline CliResult try_line(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  if (!words.empty() && words.front() == "striate") words.erase(words.begin());
  return try_cli(words);
}

// Tests of this kind begin in an empty folder, which is gone afterwards.
class InEmptyFolder : public testing::Test {
 protected:
  void SetUp() override {
    before_ = std::filesystem::current_path();
    std::string name = (std::filesystem::temp_directory_path() / "striate-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::filesystem::current_path(folder_);
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }
  static void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  // Names of all that lies in the folder, sorted: to see that nothing was written.
  static std::vector<std::string> listing() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator("."))
      names.push_back(entry.path().lexically_normal().string());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::filesystem::path before_, folder_;
};

}  // namespace striate::cli
