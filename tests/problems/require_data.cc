#include "tests/problems/require_data.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace striate {

std::optional<std::filesystem::path> require_data(const std::string& name) {
  const char* folder = std::getenv("STRIATE_DATA");
  if (!folder || !*folder) {
    [&] { GTEST_SKIP() << "STRIATE_DATA is not set; this test reads " << name; }();
    return {};
  }
  const auto path = std::filesystem::path(folder) / name;
  if (std::filesystem::exists(path)) return path;
  ADD_FAILURE() << "STRIATE_DATA is set but " << path << " is missing";
  return {};
}

}  // namespace striate
