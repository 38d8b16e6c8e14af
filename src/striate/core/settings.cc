#include "striate/core/settings.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace striate {

std::string to_text(const Value& value) {
  return std::visit(
      [](const auto& held) -> std::string {
        using T = std::remove_cvref_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          return "none";
        } else if constexpr (std::is_same_v<T, std::vector<double>>) {
          std::string text;
          for (double x : held) text += join(text.empty() ? "" : ",", x);
          return text;
        } else {
          return join(held);
        }
      },
      value);
}

PerSignal PerSignal::of(std::span<const std::int64_t> signals) const {
  if (numbers_.size() <= 1) return *this;
  // Of no signals the first number stays: the setting is given.
  if (signals.empty()) return numbers_.front();
  std::vector<double> some;
  some.reserve(signals.size());
  for (std::int64_t signal : signals) some.push_back((*this)[signal]);
  return some;
}

std::string Range::text() const {
  const bool from = low > -std::numeric_limits<double>::infinity();
  const bool up_to = high < std::numeric_limits<double>::infinity();
  if (from && up_to && !low_open && !high_open) return join("from ", low, " to ", high);
  std::string words;
  if (from) words = join(low_open ? "above " : "at least ", low);
  if (up_to) words += join(from ? " and " : "", high_open ? "below " : "at most ", high);
  if (!from && !low_open) words += words.empty() ? "finite or -inf" : " or -inf";
  if (!up_to && !high_open) words += words.empty() ? "finite or inf" : " or inf";
  return words;
}

namespace detail {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  return text;
}

// The whole text as a number ("0.1", "+1e-4", "inf"), or nothing.
template <class T>
std::optional<T> number_in(std::string_view text) {
  text = trimmed(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

std::string shown(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return join("'", *text, "'");
  return to_text(value);
}

[[noreturn]] void refuse(std::string_view who, const Field& field, const Value& value,
                         std::string_view needed) {
  throw Error(who, ": ", field.name, " is ", shown(value), "; it must be ", needed);
}

// "a number above 0"
std::string with_range(std::string_view word, const Field& field) {
  const std::string range = field.range.text();
  return range.empty() ? std::string(word) : join(word, " ", range);
}

std::optional<std::int64_t> whole(double x) {
  if (!(x >= -0x1p63 && x < 0x1p63) || x != std::floor(x)) return {};
  return static_cast<std::int64_t>(x);
}

}  // namespace

bool value_as_bool(std::string_view who, const Field& field, const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    if (*number == 0 || *number == 1) return *number == 1;
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    const std::string_view word = trimmed(*text);
    if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
    if (word == "false" || word == "no" || word == "off" || word == "0") return false;
  }
  refuse(who, field, value, "true or false");
}

std::int64_t value_as_integer(std::string_view who, const Field& field, const Value& value) {
  std::optional<std::int64_t> integer;
  if (const auto* given = std::get_if<std::int64_t>(&value)) {
    integer = *given;
  } else if (const auto* number = std::get_if<double>(&value)) {
    integer = whole(*number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    integer = number_in<std::int64_t>(*text);
    if (!integer)
      if (const auto number = number_in<double>(*text)) integer = whole(*number);  // "1e6"
  }
  if (!integer) refuse(who, field, value, with_range("an integer", field));
  if (!field.range.contains(static_cast<double>(*integer)))
    refuse(who, field, *integer, field.range.text());
  return *integer;
}

double value_as_number(std::string_view who, const Field& field, const Value& value) {
  std::optional<double> number;
  if (const auto* given = std::get_if<double>(&value)) number = *given;
  else if (const auto* integer = std::get_if<std::int64_t>(&value)) number = double(*integer);
  else if (const auto* text = std::get_if<std::string>(&value)) number = number_in<double>(*text);
  if (!number) refuse(who, field, value, with_range("a number", field));
  check_range(who, field, *number);
  return *number;
}

std::string value_as_text(std::string_view who, const Field& field, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  refuse(who, field, value,
         field.choices.empty() ? "text" : join("one of ", list_of(field.choices)));
}

std::vector<double> value_as_numbers(std::string_view who, const Field& field, const Value& value) {
  std::vector<double> numbers;
  if (const auto* given = std::get_if<std::vector<double>>(&value)) {
    numbers = *given;
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    std::string_view rest = trimmed(*text);
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      const auto number = number_in<double>(rest.substr(0, comma));
      if (!number || comma + 1 == rest.size())
        refuse(who, field, value, with_range("numbers separated by commas,", field));
      numbers.push_back(*number);
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
  } else if (std::holds_alternative<double>(value) || std::holds_alternative<std::int64_t>(value)) {
    numbers = {value_as_number(who, field, value)};
  } else {
    refuse(who, field, value, with_range("numbers", field));
  }
  for (double number : numbers) check_range(who, field, number, numbers.size() > 1);
  return numbers;
}

void check_range(std::string_view who, const Field& field, double value, bool several) {
  if (field.range.contains(value)) return;
  const std::string range = field.range.text();
  const std::string_view some = several ? " has " : " is ";
  const std::string_view each = several ? "; each must be " : "; it must be ";
  const std::string_view finite = std::isfinite(value) || range.empty() ? "" : "finite and ";
  throw Error(who, ": ", field.name, some, value, each, finite, range.empty() ? "finite" : range);
}

std::size_t index_of_choice(std::string_view who, const Field& field, const std::string& word) {
  const auto found = std::find(field.choices.begin(), field.choices.end(), word);
  if (found == field.choices.end())
    refuse(who, field, word, join("one of ", list_of(field.choices)));
  return static_cast<std::size_t>(found - field.choices.begin());
}

void refuse_unknown(std::string_view who, std::string_view name, const std::vector<Field>& fields) {
  std::vector<std::string> names, spellings;
  for (const Field& field : fields) {
    names.push_back(field.name);
    spellings.push_back(field.name);
    if (field.python != field.name) spellings.push_back(field.python);
  }
  const std::string nearest = nearest_name(name, spellings);
  if (!nearest.empty())
    throw Error(who, " has no setting '", name, "'; the nearest is '", nearest, "'");
  throw Error(who, " has no setting '", name, "'; it has ",
              names.empty() ? "none" : list_of(names));
}

void refuse_missing(std::string_view who, const Field& field) {
  const std::string range = field.range.text();
  throw Error(who, ": ", field.name, " is missing; it must be given", range.empty() ? "" : " and ",
              range);
}

}  // namespace detail
}  // namespace striate
