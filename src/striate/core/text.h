// Words for messages: numbers without trailing zeros, lists of names, the nearest name.
#pragma once

#include <concepts>
#include <span>
#include <string>
#include <string_view>

namespace striate {

// The shortest decimal that reads back as the same number ("0.1", "1e-05", "nan").
// Plain digits from 0.0001 up to 1e15, an exponent beyond.
std::string to_text(double value);
std::string to_text(float value);
std::string to_text(long long value);
std::string to_text(unsigned long long value);

namespace detail {
template <class Part>
void append(std::string& text, const Part& part) {
  if constexpr (std::same_as<Part, bool>) {
    text += part ? "true" : "false";
  } else if constexpr (std::same_as<Part, char>) {
    text += part;
  } else if constexpr (std::same_as<Part, float> || std::same_as<Part, double>) {
    text += to_text(part);
  } else if constexpr (std::signed_integral<Part>) {
    text += to_text(static_cast<long long>(part));
  } else if constexpr (std::unsigned_integral<Part>) {
    text += to_text(static_cast<unsigned long long>(part));
  } else {
    text += std::string_view(part);
  }
}
}  // namespace detail

// The parts one after another, numbers in their shortest form.
template <class... Parts>
std::string join(const Parts&... parts) {
  std::string text;
  (detail::append(text, parts), ...);
  return text;
}

// "a, b, c"
std::string list_of(std::span<const std::string> names);

// The name with the smallest edit distance to `given`; empty when none is near (distance above
// a third of the longer word, at least 2, or nothing in common). Ties go to the first.
std::string nearest_name(std::string_view given, std::span<const std::string> names);

}  // namespace striate
