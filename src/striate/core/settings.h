// Settings described once. A settings struct has one static function
//
//   struct IstaSettings {
//     std::optional<double> lambda;
//     int max_iterations = 500;
//     static void describe(auto& s, auto&& visit) {
//       visit(s.lambda, {.name = "lambda", .python = "lam", .range = above(0),
//                        .sentence = "Weight of the penalty."});
//       visit(s.max_iterations, {.name = "max_iterations", .range = at_least(1),
//                                .unit = "iterations", .sentence = "Stop here even if not
//                                converged."});
//     }
//   };
//
// and from it come validation and its messages, command-line flags, Python keywords, provenance in
// files and the reference tables. A struct that contains another calls its describe in its own.
// Field types: bool, int, std::int64_t, double, std::string, enums with EnumNames, std::optional of
// these (empty: "not given"), std::vector<double>, PerSignal.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "striate/core/errors.h"

namespace striate {

// A setting's value outside its struct: in files, on the command line, in Python.
using Value =
    std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<double>>;
// Named values in the order of their names.
using Values = std::map<std::string, Value>;

std::string to_text(const Value& value);

// A setting that is one number for all signals of a call, or one number per signal; empty: not given.
//   {.lambda = 0.1}    {.lambda = std::vector{0.1, 0.2, 0.1}}    {.nonzeros = {5, 3, 5}}
class PerSignal {
 public:
  PerSignal() = default;
  PerSignal(double number) : numbers_{number} {}
  PerSignal(std::initializer_list<double> numbers) : numbers_(numbers) {}
  PerSignal(std::vector<double> numbers) : numbers_(std::move(numbers)) {}

  explicit operator bool() const { return !numbers_.empty(); }
  void reset() { numbers_.clear(); }
  const std::vector<double>& operator*() const { return numbers_; }
  double operator[](std::int64_t signal) const {
    return numbers_[numbers_.size() == 1 ? 0 : static_cast<std::size_t>(signal)];
  }
  // Those of some of the signals; one number for all stays one.
  PerSignal of(std::span<const std::int64_t> signals) const;
  bool operator==(const PerSignal&) const = default;

 private:
  std::vector<double> numbers_;
};

// Allowed numbers; NaN and infinity never are, unless a bound is infinite and closed.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = true;
  bool high_open = true;
  bool contains(double x) const {
    return (low_open ? x > low : x >= low) && (high_open ? x < high : x <= high);
  }
  std::string text() const;  // "above 0", "at least 1", "from 0 to 1", "" for any finite number
};
constexpr Range above(double low) { return {.low = low}; }
constexpr Range at_least(double low) { return {.low = low, .low_open = false}; }
constexpr Range between(double low, double high) {
  return {.low = low, .high = high, .low_open = false, .high_open = false};
}
// Like at_least, and infinity means "no limit".
constexpr Range at_least_or_infinite(double low) {
  return {.low = low, .low_open = false, .high_open = false};
}

// What describe() says of a field.
struct About {
  std::string_view name;         // one meaning and one unit in the whole library
  std::string_view python = {};  // if it differs (lambda is a keyword there)
  Range range = {};
  std::string_view unit = {};
  std::string_view sentence = {};
  bool required = false;  // must be given; std::optional fields only
  std::string_view since = "0.1";
};

// The words of an enum whose values count from 0:
//   template <> struct EnumNames<Order> { static constexpr std::array names{"random", "grid"}; };
template <class E>
struct EnumNames;

// A field of a description, for tables, flags, stubs.
struct Field {
  std::string name, python;
  std::string type;  // "bool" "integer" "number" "text" "numbers"
  Value value;       // the default in the struct described (monostate: none)
  bool required = false;
  bool per_signal = false;  // one number for all signals, or one per signal
  Range range;
  std::vector<std::string> choices;
  std::string unit, sentence, since;
};

namespace detail {

template <class T>
struct FieldType : std::type_identity<T> {
  static constexpr bool optional = false;
};
template <class T>
struct FieldType<std::optional<T>> : std::type_identity<T> {
  static constexpr bool optional = true;
};

// An optional list; a list of one is shown as a number.
template <>
struct FieldType<PerSignal> : std::type_identity<std::vector<double>> {
  static constexpr bool optional = true;
};

template <class T>
constexpr std::string_view type_word() {
  if constexpr (std::is_same_v<T, bool>) return "bool";
  else if constexpr (std::is_integral_v<T>) return "integer";
  else if constexpr (std::is_floating_point_v<T>) return "number";
  else if constexpr (std::is_same_v<T, std::vector<double>>) return "numbers";
  else return "text";
}

template <class T>
std::vector<std::string> choice_words() {
  std::vector<std::string> words;
  if constexpr (std::is_enum_v<T>)
    for (std::string_view word : EnumNames<T>::names) words.emplace_back(word);
  return words;
}

template <class T>
Value to_value(const T& field) {
  if constexpr (std::is_same_v<T, PerSignal>) {
    if (!field) return {};
    return (*field).size() == 1 ? Value(field[0]) : Value(*field);
  } else if constexpr (FieldType<T>::optional) {
    return field ? to_value(*field) : Value{};
  } else if constexpr (std::is_enum_v<T>) {
    return std::string(EnumNames<T>::names[static_cast<std::size_t>(field)]);
  } else if constexpr (std::is_same_v<T, bool>) {
    return field;
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<std::int64_t>(field);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<double>(field);
  } else {
    return field;
  }
}

// The parsing and checking that does not depend on the struct (settings.cc). They throw Error that
// begins with `who` and names the field as the user knows it.
bool value_as_bool(std::string_view who, const Field& field, const Value& value);
std::int64_t value_as_integer(std::string_view who, const Field& field, const Value& value);
double value_as_number(std::string_view who, const Field& field, const Value& value);
std::string value_as_text(std::string_view who, const Field& field, const Value& value);
std::vector<double> value_as_numbers(std::string_view who, const Field& field, const Value& value);
// `several`: the value is one of a list's.
void check_range(std::string_view who, const Field& field, double value, bool several = false);
std::size_t index_of_choice(std::string_view who, const Field& field, const std::string& word);
[[noreturn]] void refuse_unknown(std::string_view who, std::string_view name,
                                 const std::vector<Field>& fields);
[[noreturn]] void refuse_missing(std::string_view who, const Field& field);

template <class T>
Field make_field(const T& member, const About& about) {
  using Inner = typename FieldType<T>::type;
  return Field{.name = std::string(about.name),
               .python = std::string(about.python.empty() ? about.name : about.python),
               .type = std::string(type_word<Inner>()),
               .value = to_value(member),
               .required = about.required,
               .per_signal = std::is_same_v<T, PerSignal>,
               .range = about.range,
               .choices = choice_words<Inner>(),
               .unit = std::string(about.unit),
               .sentence = std::string(about.sentence),
               .since = std::string(about.since)};
}

template <class T>
T from_value(std::string_view who, const Field& field, const Value& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value_as_bool(who, field, value);
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<T>(index_of_choice(who, field, value_as_text(who, field, value)));
  } else if constexpr (std::is_integral_v<T>) {
    const std::int64_t integer = value_as_integer(who, field, value);
    if (!std::in_range<T>(integer))
      throw Error(who, ": ", field.name, " is ", integer, "; it must be at most ",
                  std::numeric_limits<T>::max());
    return static_cast<T>(integer);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value_as_number(who, field, value));
  } else if constexpr (std::is_same_v<T, std::vector<double>>) {
    return value_as_numbers(who, field, value);
  } else {
    return value_as_text(who, field, value);
  }
}

}  // namespace detail

// The description as a table, defaults taken from `settings`.
template <class Settings>
std::vector<Field> fields(const Settings& settings = {}) {
  std::vector<Field> table;
  Settings::describe(settings, [&](const auto& member, const About& about) {
    table.push_back(detail::make_field(member, about));
  });
  return table;
}

// Sets one field by its name or Python name; text is parsed, ranges and choices are checked.
// A monostate value empties an optional field. Error: unknown name (the nearest is suggested),
// wrong type, out of range.
template <class Settings>
void assign(std::string_view who, Settings& settings, std::string_view name, const Value& value) {
  bool found = false;
  Settings::describe(settings, [&](auto& member, const About& about) {
    using T = std::remove_cvref_t<decltype(member)>;
    using Inner = typename detail::FieldType<T>::type;
    if (name != about.name && (about.python.empty() || name != about.python)) return;
    found = true;
    const Field field = detail::make_field(member, about);
    if constexpr (detail::FieldType<T>::optional) {
      if (std::holds_alternative<std::monostate>(value)) {
        member.reset();
        return;
      }
    }
    member = detail::from_value<Inner>(who, field, value);
  });
  if (!found) detail::refuse_unknown(who, name, fields(settings));
}

// All fields by name; empty optional fields are left out.
template <class Settings>
Values values(const Settings& settings) {
  Values all;
  Settings::describe(settings, [&](const auto& member, const About& about) {
    Value value = detail::to_value(member);
    if (!std::holds_alternative<std::monostate>(value)) all[std::string(about.name)] = value;
  });
  return all;
}

// Throws Error for the first field out of range or required and missing.
template <class Settings>
void validate(std::string_view who, const Settings& settings) {
  Settings::describe(settings, [&](const auto& member, const About& about) {
    using T = std::remove_cvref_t<decltype(member)>;
    using Inner = typename detail::FieldType<T>::type;
    const Inner* value = nullptr;
    if constexpr (detail::FieldType<T>::optional) {
      if (member) value = &*member;
      else if (about.required) detail::refuse_missing(who, detail::make_field(member, about));
    } else {
      value = &member;
    }
    if (!value) return;
    if constexpr (std::is_arithmetic_v<Inner> && !std::is_same_v<Inner, bool>) {
      if (!about.range.contains(static_cast<double>(*value)))
        detail::check_range(who, detail::make_field(member, about), static_cast<double>(*value));
    } else if constexpr (std::is_same_v<Inner, std::vector<double>>) {
      for (double x : *value)
        if (!about.range.contains(x))
          detail::check_range(who, detail::make_field(member, about), x, value->size() > 1);
    }
  });
}

// Throws Error for the first field that has one number per signal, but of other signals than these.
template <class Settings>
void check_signals(std::string_view who, const Settings& settings, std::int64_t signals) {
  Settings::describe(settings, [&](const auto& member, const About& about) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(member)>, PerSignal>)
      if (const auto count = std::ssize(*member); count > 1 && count != signals)
        throw Error(who, ": ", about.name, " has ", count, " values for ", signals,
                    " signals; one value is needed, or one per signal");
  });
}

// The settings of some of the signals.
template <class Settings>
Settings settings_of(const Settings& settings, std::span<const std::int64_t> signals) {
  Settings some = settings;
  Settings::describe(some, [&](auto& member, const About&) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(member)>, PerSignal>)
      member = member.of(signals);
  });
  return some;
}

}  // namespace striate
