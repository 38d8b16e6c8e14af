#include "striate/core/build_info.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace striate {
namespace {

TEST(BuildInfo, NamesVersionAndCompiler) {
  const BuildInfo info = build_info();
  EXPECT_EQ(info.version, library_version);
  EXPECT_EQ(std::count(info.version.begin(), info.version.end(), '.'), 2);
  EXPECT_FALSE(info.compiler.empty());
  EXPECT_FALSE(info.architecture.empty());
}

TEST(BuildInfo, InstructionSetIsWhatTheCompilerWasTold) {
  const std::vector<std::string> set = build_info().instruction_set;
  const bool avx2 = std::find(set.begin(), set.end(), "avx2") != set.end();
#ifdef __AVX2__  // the test is compiled with the library's own flags
  EXPECT_TRUE(avx2);
#else
  EXPECT_FALSE(avx2);
#endif
}

TEST(BuildInfo, ProcessorNameIsOneTrimmedLine) {
  const std::string name = processor_name();
  EXPECT_EQ(name.find('\n'), std::string::npos);
  if (!name.empty()) {
    EXPECT_NE(name.front(), ' ');
    std::ifstream file("/proc/cpuinfo");
    const std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    EXPECT_NE(all.find(name), std::string::npos);
  }
}

}  // namespace
}  // namespace striate
