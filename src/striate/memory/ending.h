// How the recall of a cue ended.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "striate/core/settings.h"

namespace striate {

enum class Ending : std::uint8_t {
  settled,     // changed by less than the tolerance
  step_limit,  // max_steps done
  cycle,       // returned to the state before the last
  silent,      // a zero cue, nothing stored, or no unit above the threshold
  invalid,     // the cue holds NaN or infinity
  stopped,     // the run was stopped before this cue's turn
};
template <>
struct EnumNames<Ending> {
  static constexpr std::array<std::string_view, 6> names{"settled", "step_limit", "cycle",
                                                         "silent",  "invalid",    "stopped"};
};
inline std::string_view name_of(Ending ending) {
  return EnumNames<Ending>::names[static_cast<std::size_t>(ending)];
}

}  // namespace striate
