#include "cli/value_json.h"

#include <cmath>

#include "striate/core/text.h"

namespace striate::cli {

nlohmann::ordered_json to_json(const Value& value) {
  using Json = nlohmann::ordered_json;
  return std::visit(
      [](const auto& held) -> Json {
        using T = std::remove_cvref_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::monostate>) return nullptr;
        else if constexpr (std::is_same_v<T, double>)
          return std::isfinite(held) ? Json(held) : Json(to_text(held));
        else return held;
      },
      value);
}

}  // namespace striate::cli
