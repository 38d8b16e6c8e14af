// What the closed tables of solvers share: entries found by name, and refusals that name who can.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "striate/core/settings.h"

namespace striate::detail {

// The entry of this name. Error: there is none; `what` says of what.
template <class Table>
const auto& find_entry(const Table& table, std::string_view what, std::string_view name) {
  std::vector<std::string> names;
  for (const auto& entry : table) {
    if (entry.name == name) return entry;
    names.emplace_back(entry.name);
  }
  const std::string near = nearest_name(name, names);
  throw Error("encode: there is no ", what, " '", name, "'; ",
              near.empty() ? "there are " + list_of(names) : "the nearest is '" + near + "'");
}

// "lasso and lars have": the entries that can.
template <class Table, class F>
std::string able(const Table& table, F can) {
  std::vector<std::string> names;
  for (const auto& entry : table)
    if (can(entry)) names.emplace_back(entry.name);
  return names.empty() ? std::string() : join(list_of(names), names.size() == 1 ? " has" : " have");
}

template <class Entry>
bool has_field(const Entry& entry, std::string_view name) {
  return std::ranges::any_of(entry.fields(), [&](const Field& field) {
    return field.name == name || field.python == name;
  });
}

// Error for a setting that others have and this one has not.
template <class Table, class Entry>
void check_settings(const Table& table, const Entry& entry, const Values& settings) {
  for (const auto& setting : settings) {
    const std::string& name = setting.first;
    if (has_field(entry, name)) continue;
    const auto others = able(table, [&](const auto& other) { return has_field(other, name); });
    if (!others.empty()) throw Error(entry.name, " has no setting '", name, "'; ", others);
  }
}

}  // namespace striate::detail
