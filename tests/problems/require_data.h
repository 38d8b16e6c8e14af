// The way to real data: the only helper that may skip a test.
//
//   const auto file = require_data("olshausen/olshausen_whitened_f32.npy");
//   if (!file) return;
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace striate {

// The file below $STRIATE_DATA. Without that variable the running test is marked as skipped, with
// it a missing file is a failure; nothing is returned in both cases.
std::optional<std::filesystem::path> require_data(const std::string& name);

}  // namespace striate
