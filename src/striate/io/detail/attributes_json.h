// Attributes as JSON text: {"path": {"name": value, ...}, ...}. Numbers without a point are
// integers; numbers that JSON has no word for are {"number": "nan" | "inf" | "-inf"}.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "striate/core/settings.h"

namespace striate {

std::string attributes_to_json(const std::map<std::string, Values>& attributes);
// IoError that begins with `name`.
std::map<std::string, Values> attributes_from_json(const std::string& name, std::string_view text);

}  // namespace striate
