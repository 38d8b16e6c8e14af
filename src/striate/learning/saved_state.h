// What states of learning have in common, as they are saved and resumed: the history as columns, and
// the settings, which may hardly change.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "striate/core/archive.h"
#include "striate/core/text.h"

namespace striate {

// Rows as columns by name. Row::for_each_figure(f) calls f(name, member) for every figure; columns have
// the figures' types, or all of them As.
template <class As = void, class Row>
Archive columns_of(const std::vector<Row>& rows) {
  Archive archive;
  Row::for_each_figure([&]<class V>(const char* name, V Row::*member) {
    using T = std::conditional_t<std::is_void_v<As>, V, As>;
    std::vector<T> column;
    for (const Row& row : rows) column.push_back(static_cast<T>(row.*member));
    archive.arrays[name] =
        Array::from(std::span<const T>(column), {static_cast<std::int64_t>(column.size())});
  });
  return archive;
}

// And back. Error: a column is missing, or shorter or longer than the first.
template <class Row>
std::vector<Row> rows_of(const Archive& archive) {
  std::vector<Row> rows(static_cast<std::size_t>(archive.at("step").size()));
  Row::for_each_figure([&]<class V>(const char* name, V Row::*member) {
    const auto column = archive.at(name).template to<V>();
    if (column.size() != rows.size())
      throw Error("learn: the saved history has ", rows.size(), " steps but ", column.size(), " ",
                  name);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].*member = column[i];
  });
  return rows;
}

// Error: the archive holds no settings, or one of them is another now and not among `may_change`.
template <class Settings>
void check_saved_settings(const Archive& saved, const Settings& now,
                          std::initializer_list<std::string_view> may_change) {
  const auto attributes = saved.attributes.find("settings");
  if (attributes == saved.attributes.end()) throw Error("learn: the archive holds no settings");
  Settings before;
  for (const auto& [name, value] : attributes->second) assign("learn", before, name, value);
  const Values old_values = values(before), new_values = values(now);
  for (const Field& field : fields(now)) {
    if (std::ranges::find(may_change, field.name) != may_change.end()) continue;
    const auto text = [&](const Values& all) {
      const auto it = all.find(field.name);
      return it == all.end() ? std::string("not given") : to_text(it->second);
    };
    if (text(old_values) != text(new_values)) {
      std::string free;
      for (std::string_view name : may_change) free += join(free.empty() ? "" : ", ", name);
      throw Error("learn: ", field.name, " is ", text(new_values), " but the state was saved with ",
                  text(old_values), "; of the settings only ", free, " may change on resuming");
    }
  }
}

}  // namespace striate
