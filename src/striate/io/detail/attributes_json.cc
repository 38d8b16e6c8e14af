#include "striate/io/detail/attributes_json.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace striate {
namespace {

using Json = nlohmann::json;

Json number_to_json(double x) {
  if (std::isfinite(x)) return x;
  return {{"number", std::isnan(x) ? "nan" : x > 0 ? "inf" : "-inf"}};
}

Json to_json(const Value& value) {
  return std::visit(
      [](const auto& v) -> Json {
        using T = std::remove_cvref_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<T, double>) {
          return number_to_json(v);
        } else if constexpr (std::is_same_v<T, std::vector<double>>) {
          Json list = Json::array();
          for (const double x : v) list.push_back(number_to_json(x));
          return list;
        } else {
          return v;
        }
      },
      value);
}

double number_from_json(const std::string& name, const Json& json) {
  if (json.is_number()) return json.get<double>();
  if (json.is_object() && json.size() == 1 && json.contains("number")) {
    const Json& word = json.at("number");
    if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (word == "inf") return std::numeric_limits<double>::infinity();
    if (word == "-inf") return -std::numeric_limits<double>::infinity();
  }
  throw IoError("attributes: ", name, ": a number was expected");
}

Value from_json(const std::string& name, const Json& json) {
  if (json.is_null()) return {};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_number_unsigned() &&
      json.get<std::uint64_t>() >
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return json.get<double>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_array()) {
    std::vector<double> list;
    for (const Json& item : json) list.push_back(number_from_json(name, item));
    return list;
  }
  return number_from_json(name, json);
}

}  // namespace

std::string attributes_to_json(const std::map<std::string, Values>& attributes) {
  Json json = Json::object();
  for (const auto& [path, values] : attributes)
    for (const auto& [key, value] : values) json[path][key] = to_json(value);
  // Text that is not UTF-8 (a file name) keeps what can be kept.
  return json.dump(1, ' ', false, Json::error_handler_t::replace);
}

std::map<std::string, Values> attributes_from_json(const std::string& name, std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) throw IoError("attributes: ", name, " is no JSON object");
  std::map<std::string, Values> attributes;
  for (const auto& [path, values] : json.items()) {
    if (!values.is_object()) throw IoError("attributes: ", name, ": '", path, "' is no object");
    for (const auto& [key, value] : values.items()) attributes[path][key] = from_json(name, value);
  }
  return attributes;
}

}  // namespace striate
