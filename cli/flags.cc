#include "cli/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <fstream>
#include <sstream>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include "striate/core/text.h"
#include "striate/io/array_file.h"
#include "striate/io/formats.h"

namespace striate::cli {
namespace {

// All the names that some variant of the command knows.
struct Table {
  std::vector<Field> base;        // for every variant
  std::vector<Field> everything;  // base and all variants
  const std::vector<Variant>& variants;
  std::span<const Command> others;

  static const Field* find(std::span<const Field> fields, std::string_view name) {
    for (const Field& field : fields)
      if (field.name == name) return &field;
    return nullptr;
  }
};

Table table_of(const Command& command, std::span<const Command> others = {}) {
  std::vector<std::vector<Field>> parts = {fields<CommonOptions>()};
  if (command.writes_output) parts.push_back(fields<OutputOptions>());
  parts.push_back(command.fields);
  std::vector<Field> base = all_fields(parts);
  for (Field& field : base)
    if (!command.selector.empty() && field.name == command.selector) {
      field.choices.clear();
      for (const Variant& variant : command.variants) field.choices.push_back(variant.name);
    }
  std::vector<std::vector<Field>> all = {base};
  for (const Variant& variant : command.variants) all.push_back(variant.fields);
  return {base, all_fields(all), command.variants, others};
}

// "weights.npy" for a setting that may be several numbers.
bool names_file(const Field& field, const Value& value) {
  const auto* word = std::get_if<std::string>(&value);
  return field.type == "numbers" && word && find_format(*word);
}

// The numbers in such a file.
std::vector<double> numbers_in(const std::string& who, const Field& field, const std::string& shown,
                               const std::string& path) {
  const auto array = open_array(path);
  const auto refuse = [&](const auto&... why) {
    throw Error(
        who, ": ", shown, " ", path, ": ", why...,
        field.per_signal ? "; one number per signal is needed" : "; a list of numbers is needed");
  };
  if (array->size() != array->rows() || array->shape().empty())
    refuse("holds ", array->size(), " numbers in ", array->rows(), " rows");
  try {
    return array->read(0, array->rows()).to<double>();
  } catch (const Error& error) {
    refuse(error.what());
  }
  return {};
}

// The value in the field's type. UsageError that calls the field `shown` ("--lambda").
Value checked(const std::string& who, Field field, const std::string& shown, Value value) {
  field.name = shown;
  if (names_file(field, value)) value = numbers_in(who, field, shown, std::get<std::string>(value));
  try {
    if (!field.choices.empty()) {
      const std::string word = detail::value_as_text(who, field, value);
      detail::index_of_choice(who, field, word);
      return word;
    }
    if (field.type == "bool") return detail::value_as_bool(who, field, value);
    if (field.type == "text") return detail::value_as_text(who, field, value);
    if (field.type == "integer") return detail::value_as_integer(who, field, value);
    if (field.type == "number") return detail::value_as_number(who, field, value);
    auto numbers = detail::value_as_numbers(who, field, value);
    return numbers.size() == 1 ? Value(numbers.front()) : Value(std::move(numbers));
  } catch (const Error& error) {
    throw UsageError(error.what());
  }
}

Value value_of(const std::string& who, const std::string& key, const toml::node& node) {
  if (const auto* x = node.as_boolean()) return x->get();
  if (const auto* x = node.as_integer()) return x->get();
  if (const auto* x = node.as_floating_point()) return x->get();
  if (const auto* x = node.as_string()) return x->get();
  if (const auto* list = node.as_array()) {
    std::vector<double> numbers;
    for (const toml::node& item : *list) {
      const auto number = item.value<double>();
      if (!number) throw UsageError(who, ": ", key, " holds something that is not a number");
      numbers.push_back(*number);
    }
    return numbers;
  }
  throw UsageError(who, ": ", key, " is neither a number, text, true/false nor a list of numbers");
}

struct Config {
  std::vector<std::pair<std::string, Value>> values;
  std::vector<std::string> arguments;
};

Config read_config(const std::string& who, const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) throw IoError(who, ": --config ", path, ": cannot be read");
  toml::table root;
  try {
    root = toml::parse(text.str());
  } catch (const toml::parse_error& error) {
    throw IoError(who, ": --config ", path, ", line ", error.source().begin.line,
                  ": not TOML: ", error.description());
  }
  Config config;
  for (auto&& [toml_key, node] : root) {
    std::string key(toml_key.str());
    std::replace(key.begin(), key.end(), '-', '_');
    const std::string place = join(who, ": ", path);
    if (key == "arguments") {
      const toml::array* list = node.as_array();
      if (!list) throw UsageError(place, ": arguments must be a list of texts");
      for (const toml::node& item : *list) {
        const auto word = item.value_exact<std::string>();
        if (!word) throw UsageError(place, ": arguments must be a list of texts");
        config.arguments.push_back(*word);
      }
    } else {
      config.values.emplace_back(key, value_of(place, key, node));
    }
  }
  return config;
}

// "--no-lambda-relative=3" -> "lambda_relative"
std::string name_of_flag(std::string_view word) {
  std::string name(word.substr(0, word.find('=')));
  name.erase(0, std::min(name.find_first_not_of('-'), name.size()));
  std::replace(name.begin(), name.end(), '-', '_');
  if (name.starts_with("no_")) name.erase(0, 3);
  return name;
}

// Those of the other commands that have an option of this name.
std::vector<std::string> other_owners(std::span<const Command> others, const std::string& name) {
  std::vector<std::string> owners;
  for (const Command& other : others)
    if (other.name.ends_with(" " + flag_of(name)) || Table::find(table_of(other).everything, name))
      owners.push_back(other.name);
  return owners;
}

[[noreturn]] void refuse_unknown(const std::string& who, const std::string& shown, std::string name,
                                 const Table& table, const std::string& variant) {
  std::vector<std::string> here, anywhere;
  for (const Field& field : table.base) here.push_back(field.name);
  for (const Variant& v : table.variants)
    if (v.name == variant)
      for (const Field& field : v.fields) here.push_back(field.name);
  for (const Field& field : table.everything) anywhere.push_back(field.name);

  std::string text = join(who, ": ");
  std::vector<std::string> owners;
  for (const Variant& v : table.variants)
    if (Table::find(v.fields, name)) owners.push_back(v.name);
  std::string without = variant;
  if (owners.empty()) {
    owners = other_owners(table.others, name);
    without = who.substr(std::string_view("striate ").size());
  }
  if (!owners.empty())
    text += join(without, " has no ", shown, "; ", list_of(owners),
                 owners.size() == 1 ? " has" : " have");
  else text += join("there is no option ", shown);
  std::string near = nearest_name(name, here);
  if (near.empty() && owners.empty()) near = nearest_name(name, anywhere);
  if (!near.empty()) text += join("; did you mean ", flag_of(near), "?");
  else if (owners.empty()) text += join("; ", who, " --help lists them");
  throw UsageError(text);
}

}  // namespace

Parsed parse(const Command& command, std::span<const std::string> words,
             std::span<const Command> others) {
  const std::string who = "striate " + command.name;
  const Table table = table_of(command, others);

  // Tokens are CLI11's business; what they mean is ours.
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  bool help = false;
  app.add_flag("--help,-h", help);
  std::deque<std::string> texts;
  std::vector<std::pair<const Field*, CLI::Option*>> options;
  for (const Field& field : table.everything) {
    const std::string flag = flag_of(field.name);
    CLI::Option* option = nullptr;
    if (field.type == "bool") option = app.add_flag(flag + ",!--no-" + flag.substr(2));
    else
      option = app.add_option(field.name == "output" ? "-o," + flag : flag, texts.emplace_back());
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    options.emplace_back(&field, option);
  }
  std::vector<std::string> arguments;
  app.add_option("arguments", arguments);
  try {
    // CLI11 wants its words in reverse.
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    throw UsageError(who, ": ", error.what());
  }

  // What was given where: flags first, then the file for the rest.
  struct Given {
    std::string shown;
    Value value;
  };
  std::map<std::string, Given> given;
  for (const auto& [field, option] : options)
    if (option->count() > 0) given[field->name] = {flag_of(field->name), option->results().back()};
  const std::string config_file =
      given.contains("config") ? std::get<std::string>(given["config"].value) : std::string();
  if (!config_file.empty()) {
    Config config = read_config(who, config_file);
    for (const auto& [key, value] : config.values)
      given.try_emplace(key, Given{join(config_file, ": ", key), value});
    if (arguments.empty()) arguments = config.arguments;
  }

  Parsed parsed;
  parsed.help = help;
  if (!command.selector.empty()) {
    parsed.variant = command.variants.front().name;
    const auto chosen = given.find(command.selector);
    if (chosen == given.end() && command.default_variant && !help) {
      Values so_far;
      for (const auto& [name, item] : given) so_far[name] = item.value;
      parsed.variant = command.default_variant(so_far);
    }
    if (chosen != given.end())
      parsed.variant =
          std::get<std::string>(checked(who, *Table::find(table.base, command.selector),
                                        chosen->second.shown, chosen->second.value));
  }
  std::span<const Field> variant_fields;
  for (const Variant& variant : command.variants)
    if (variant.name == parsed.variant) variant_fields = variant.fields;

  for (const std::string& word : app.remaining())
    if (word.starts_with("-")) refuse_unknown(who, word, name_of_flag(word), table, parsed.variant);
  for (const auto& [name, item] : given) {
    const Field* field = Table::find(table.base, name);
    if (!field) field = Table::find(variant_fields, name);
    if (!field) refuse_unknown(who, item.shown, name, table, parsed.variant);
    if (names_file(*field, item.value)) parsed.files[name] = std::get<std::string>(item.value);
    const bool array = parsed.files.contains(name) &&
                       std::ranges::find(command.arrays, name) != command.arrays.end() &&
                       open_array(parsed.files[name])->shape().size() > 1;
    parsed.given[name] = array ? item.value : checked(who, *field, item.shown, item.value);
  }

  if (!help)
    for (const auto& known : {std::span<const Field>(table.base), variant_fields})
      for (const Field& field : known)
        if (field.required && !parsed.given.contains(field.name)) {
          const std::string range = field.range.text();
          throw UsageError(who, ": ", flag_of(field.name), " is missing; it must be given",
                           range.empty() ? "" : " and ", range);
        }

  parsed.arguments = arguments;
  const Arguments& wanted = command.arguments;
  const auto count = static_cast<int>(arguments.size());
  if (help) return parsed;
  if (count < wanted.at_least)
    throw UsageError(who, ": ", wanted.name, " is missing: ", wanted.sentence);
  if (count > wanted.at_most)
    throw UsageError(who, ": '", arguments[static_cast<std::size_t>(wanted.at_most)],
                     "' is one word too many; ",
                     wanted.at_most == 0 ? std::string("only options are taken")
                                         : join("at most ", wanted.at_most, " can be given"));
  return parsed;
}

std::string to_toml(const Values& values, std::span<const std::string> arguments) {
  const auto quoted = [](const std::string& text) {
    std::ostringstream out;
    out << toml::value<std::string>(text);
    return out.str();
  };
  const auto number = [](double x) {
    const std::string text = to_text(x);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
  };
  const auto list = [](const auto& items, const auto& item_text) {
    std::string text;
    for (const auto& item : items) text += (text.empty() ? "" : ", ") + item_text(item);
    return "[" + text + "]";
  };
  std::string text;
  if (!arguments.empty()) text += "arguments = " + list(arguments, quoted) + "\n";
  for (const auto& [name, value] : values) {
    if (std::holds_alternative<std::monostate>(value)) continue;
    text += name + " = ";
    if (const auto* word = std::get_if<std::string>(&value)) text += quoted(*word);
    else if (const auto* real = std::get_if<double>(&value)) text += number(*real);
    else if (const auto* reals = std::get_if<std::vector<double>>(&value))
      text += list(*reals, number);
    else text += to_text(value);
    text += "\n";
  }
  return text;
}

}  // namespace striate::cli
