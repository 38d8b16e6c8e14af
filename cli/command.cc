#include "cli/command.h"

#include <algorithm>

namespace striate::cli {

std::vector<Field> all_fields(std::vector<std::vector<Field>> parts) {
  std::vector<Field> all;
  for (auto& part : parts)
    for (Field& field : part)
      if (std::none_of(all.begin(), all.end(),
                       [&](const Field& known) { return known.name == field.name; }))
        all.push_back(std::move(field));
  return all;
}

std::string flag_of(std::string_view field_name) {
  std::string flag = "--" + std::string(field_name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

}  // namespace striate::cli
