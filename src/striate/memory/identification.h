// Which stored pattern a state is: the largest |cos| = |<z_p, z>| / (||z_p|| ||z||). The modulus,
// because attractors are rings: turning all phases changes nothing.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "striate/core/settings.h"

namespace striate {

enum class Kind : std::uint8_t {
  pattern,  // best |cos| >= 0.9
  mixture,  // several |cos| above the cross-talk of the stored codes
  diffuse,  // neither
  silent,   // a zero state, or nothing is stored
  invalid,  // the cue holds NaN or infinity
};
template <>
struct EnumNames<Kind> {
  static constexpr std::array<std::string_view, 5> names{"pattern", "mixture", "diffuse", "silent",
                                                         "invalid"};
};
inline std::string_view name_of(Kind kind) {
  return EnumNames<Kind>::names[static_cast<std::size_t>(kind)];
}

// One entry per state. No pattern: id -1, cosine 0, margin 0.
struct Identification {
  std::vector<std::int64_t> ids;  // the best; of equals the lowest id
  std::vector<double> cosines;    // its |cos|
  std::vector<double> margins;    // best minus second best |cos| (minus 0 if one is stored)
};

// The share of right answers with its binomial standard error.
struct Accuracy {
  double share = 0;
  double standard_error = 0;  // sqrt(p (1 - p) / n)
  std::int64_t count = 0;
};
// Error: as many answers as targets are needed, at least one.
Accuracy identification_accuracy(std::span<const std::int64_t> ids,
                                 std::span<const std::int64_t> targets);

}  // namespace striate
