// What a memory is not made of, and how it does not recall: settings in contradiction to one another
// or to the rule. And which theorem covers those that are not.
#pragma once

#include <cstdint>
#include <string_view>

#include "striate/memory/memory_settings.h"
#include "striate/memory/rule.h"

namespace striate::detail {

// Of the settings, "auto" resolved by the rule.
Cover cover_of(const MemoryRule& rule, const MemorySettings& settings);

// Error: out of range, or in contradiction.
void check_memory(const MemoryRule& rule, const MemorySettings& settings);
// Error: out of range, or schedules and seeds that the memory's settings leave no use for.
void check_recall(std::string_view who, const RecallSettings& how, const MemorySettings& settings);
// Error: more than the rule holds.
void check_patterns(std::string_view who, const MemoryRule& rule, std::int64_t patterns);

}  // namespace striate::detail
