// The closed table of memory rules: name -> rule.
//   AssociativeMemory<float> memory = make_memory<float>({.units = 512, .rule = "tpam"});
#pragma once

#include <span>
#include <string_view>

#include "striate/memory/associative_memory.h"

namespace striate {

std::span<const MemoryRule* const> memory_rules();
// Error: no such rule; the nearest name is suggested.
const MemoryRule& memory_rule(std::string_view name);

// A memory with the rule that settings.rule names.
template <class T>
AssociativeMemory<T> make_memory(const MemorySettings& settings);
// The memory in an archive, whatever its rule.
template <class T>
AssociativeMemory<T> memory_from_archive(const Archive& archive);

}  // namespace striate
