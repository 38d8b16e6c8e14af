// Settings and results as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "striate/core/settings.h"

namespace striate::cli {

// JSON has no infinity: such numbers become text.
nlohmann::ordered_json to_json(const Value& value);

// A described struct as an object, in the order of its description.
template <class Described>
nlohmann::ordered_json json_of_fields(const Described& described) {
  nlohmann::ordered_json json;
  for (const Field& field : fields(described)) json[field.name] = to_json(field.value);
  return json;
}

}  // namespace striate::cli
