#include "striate/memory/rule.h"

#include <algorithm>
#include <string>
#include <vector>

namespace striate {

bool has_option(const MemoryRule& rule, std::string_view option) {
  return std::ranges::find(rule.options, option) != rule.options.end();
}

void check_options(std::string_view who, const MemoryRule& rule, const MemorySettings& settings,
                   std::span<const MemoryRule* const> rules) {
  const Values given = values(settings);
  for (const std::string_view option : rule_options) {
    const auto at = given.find(std::string(option));
    if (at == given.end() || has_option(rule, option)) continue;
    std::vector<std::string> owners;
    for (const MemoryRule* other : rules)
      if (has_option(*other, option)) owners.emplace_back(other->name);
    const std::string others =
        owners.empty() ? std::string()
                       : join("; ", list_of(owners), owners.size() == 1 ? " has" : " have");
    throw Error(who, ": ", option, " is ", to_text(at->second), " but ", rule.name, " has no ",
                option, others);
  }
}

bool is_linear(const MemoryRule& rule, const MemorySettings& settings) {
  return rule.linear && !settings.overlap_cut && !settings.overlap_top;
}

Normalization normalization_of(const MemoryRule& rule, const MemorySettings& settings) {
  return settings.normalization == Normalization::automatic ? rule.normalization
                                                            : settings.normalization;
}
Diagonal diagonal_of(const MemoryRule& rule, const MemorySettings& settings) {
  if (settings.diagonal != Diagonal::automatic) return settings.diagonal;
  return is_linear(rule, settings) ? rule.diagonal : Diagonal::keep;
}

}  // namespace striate
