#include "striate/catalog/memory_rules.h"

#include <array>
#include <string>
#include <vector>

#include "striate/memory/rules/graded_hebbian.h"
#include "striate/memory/rules/hetero.h"
#include "striate/memory/rules/hopfield.h"
#include "striate/memory/rules/pinv.h"
#include "striate/memory/rules/power.h"
#include "striate/memory/rules/sdm.h"
#include "striate/memory/rules/softmax.h"
#include "striate/memory/rules/top1.h"
#include "striate/memory/rules/tpam.h"
#include "striate/memory/rules/willshaw.h"

namespace striate {
namespace {

constexpr std::array kRules = {
    &graded_hebbian, &hetero, &hopfield, &pinv, &power, &sdm, &softmax, &top1, &tpam, &willshaw,
};

}  // namespace

std::span<const MemoryRule* const> memory_rules() { return kRules; }

const MemoryRule& memory_rule(std::string_view name) {
  std::vector<std::string> names;
  for (const MemoryRule* rule : kRules) {
    if (rule->name == name) return *rule;
    names.emplace_back(rule->name);
  }
  const std::string near = nearest_name(name, names);
  throw Error("memory_rule: no rule ", name, near.empty() ? "" : "; did you mean ", near,
              "; there are ", list_of(names));
}

template <class T>
AssociativeMemory<T> make_memory(const MemorySettings& settings) {
  const MemoryRule& rule = memory_rule(settings.rule);
  check_options("AssociativeMemory", rule, settings, kRules);
  return AssociativeMemory<T>(rule, settings);
}

template <class T>
AssociativeMemory<T> memory_from_archive(const Archive& archive) {
  return AssociativeMemory<T>::from_archive(
      archive, memory_rule(archive.get<std::string>("memory", "rule")));
}

template AssociativeMemory<float> make_memory<float>(const MemorySettings&);
template AssociativeMemory<double> make_memory<double>(const MemorySettings&);
template AssociativeMemory<float> memory_from_archive<float>(const Archive&);
template AssociativeMemory<double> memory_from_archive<double>(const Archive&);

}  // namespace striate
