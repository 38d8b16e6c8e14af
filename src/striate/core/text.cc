#include "striate/core/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <vector>

namespace striate {
namespace {

template <class T>
std::string shortest(T value) {
  char buffer[64];
  const T size = std::abs(value);
  const bool plain = !std::isfinite(size) || size == 0 || (size >= T(1e-4) && size < T(1e15));
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  return std::isnan(value) ? "nan" : std::string(buffer, end);
}

// Levenshtein's: insertions, deletions and substitutions that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string to_text(double value) { return shortest(value); }
std::string to_text(float value) { return shortest(value); }
std::string to_text(long long value) { return std::to_string(value); }
std::string to_text(unsigned long long value) { return std::to_string(value); }

std::string list_of(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) text += join(text.empty() ? "" : ", ", name);
  return text;
}

std::string nearest_name(std::string_view given, std::span<const std::string> names) {
  std::string best;
  std::size_t smallest = std::string::npos;
  for (const std::string& name : names) {
    const std::size_t longer = std::max(given.size(), name.size());
    const std::size_t distance = edit_distance(given, name);
    if (distance > std::max<std::size_t>(2, longer / 3) || distance >= longer) continue;
    if (distance < smallest) {
      smallest = distance;
      best = name;
    }
  }
  return best;
}

}  // namespace striate
