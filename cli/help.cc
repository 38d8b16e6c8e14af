#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/common_options.h"
#include "striate/core/text.h"

namespace striate::cli {
namespace {

constexpr std::size_t kWidth = 96;
constexpr std::size_t kIndent = 30;

// What the framework itself answers.
struct AboutOptions {
  bool version = false;
  bool help = false;
  static void describe(auto& s, auto&& visit) {
    visit(s.version, {.name = "version", .sentence = "Print the version."});
    visit(s.help, {.name = "help", .sentence = "Print this text."});
  }
};

// The text in lines of at most kWidth columns, each but the first after `indent` blanks.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string lines;
  std::size_t column = indent;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (column > indent && column + 1 + word.size() > kWidth) {
      lines += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += word.size();
    at = end + 1;
  }
  return lines;
}

bool is_default_true(const Field& field) {
  const bool* value = std::get_if<bool>(&field.value);
  return value && *value;
}

std::string placeholder(const Field& field) {
  if (field.type == "bool") return {};
  if (!field.choices.empty()) {
    std::string words;
    for (const std::string& choice : field.choices) words += (words.empty() ? "" : "|") + choice;
    return words.size() <= 40 ? words : "NAME";
  }
  if (!field.unit.empty() && std::isupper(static_cast<unsigned char>(field.unit.front())))
    return field.unit;  // FILE, FOLDER
  if (field.type == "integer") return "N";
  if (field.type == "number") return "X";
  if (field.type == "numbers") return "X,X,...|FILE";
  return "TEXT";
}

std::string flag_text(const Field& field) {
  std::string flag = field.name == "output" ? "-o, --output" : flag_of(field.name);
  if (is_default_true(field)) flag = "--no-" + flag.substr(2);
  const std::string value = placeholder(field);
  return value.empty() ? flag : flag + " " + value;
}

std::string option_lines(const Field& field, const std::string& who_has_it = {}) {
  std::string left = "  " + flag_text(field);
  std::string text = field.sentence;
  if (is_default_true(field)) text = "Switches off: " + text;
  const std::string facts = facts_of(field);
  if (!facts.empty()) text += " [" + facts + "]";
  if (!who_has_it.empty()) text += " (" + who_has_it + ")";
  left += left.size() + 2 > kIndent ? "\n" + std::string(kIndent, ' ')
                                    : std::string(kIndent - left.size(), ' ');
  return left + wrapped(text, kIndent) + "\n";
}

bool is_common(const Field& field) {
  static const std::vector<Field> common = fields<CommonOptions>();
  return std::any_of(common.begin(), common.end(),
                     [&](const Field& known) { return known.name == field.name; });
}

std::vector<Field> own_fields(const Command& command) {
  std::vector<Field> own = command.fields;
  std::erase_if(own, is_common);
  for (Field& field : own)
    if (!command.selector.empty() && field.name == command.selector) {
      field.choices.clear();
      for (const Variant& variant : command.variants) field.choices.push_back(variant.name);
      field.value = command.variants.front().name;
    }
  std::vector<std::vector<Field>> parts = {own};
  if (command.writes_output) {
    std::vector<Field> output = fields<OutputOptions>();
    if (!command.output_sentence.empty())
      output.front().sentence = command.output_sentence + " Never replaced without --force.";
    if (!command.output_default.empty()) output.front().value = command.output_default;
    parts.push_back(output);
  }
  return all_fields(parts);
}

struct VariantField {
  Field field;
  std::vector<std::string> owners;  // empty: all variants
};

std::vector<VariantField> variant_fields(const Command& command) {
  const std::vector<Field> own = own_fields(command);
  std::vector<VariantField> list;
  for (const Variant& variant : command.variants)
    for (const Field& field : variant.fields) {
      auto same = [&](const auto& known) { return known.name == field.name; };
      if (is_common(field) || std::any_of(own.begin(), own.end(), same)) continue;
      auto known = std::find_if(list.begin(), list.end(),
                                [&](const auto& entry) { return entry.field.name == field.name; });
      if (known == list.end()) known = list.insert(list.end(), {field, {}});
      known->owners.push_back(variant.name);
    }
  for (VariantField& entry : list)
    if (entry.owners.size() == command.variants.size()) entry.owners.clear();
  return list;
}

std::string usage_of(const Command& command) {
  std::string usage = "striate " + command.name;
  if (!command.arguments.name.empty()) {
    const bool many = command.arguments.at_most > 1;
    std::string word = command.arguments.name + (many ? "..." : "");
    usage += command.arguments.at_least == 0 ? " [" + word + "]" : " " + word;
  }
  return usage + " [options]";
}

}  // namespace

std::string markdown_cell(std::string_view text) {
  std::string cell;
  for (const char c : text) cell += c == '|' ? std::string("\\|") : std::string(1, c);
  return cell;
}

std::string facts_of(const Field& field) {
  std::vector<std::string> facts;
  if (field.required) facts.push_back("required");
  const bool empty_text = std::holds_alternative<std::string>(field.value) &&
                          std::get<std::string>(field.value).empty();
  const bool empty_list = std::holds_alternative<std::vector<double>>(field.value) &&
                          std::get<std::vector<double>>(field.value).empty();
  if (field.type != "bool" && !std::holds_alternative<std::monostate>(field.value) && !empty_text &&
      !empty_list)
    facts.push_back("default " + to_text(field.value));
  if (!field.choices.empty() && placeholder(field) == "NAME")
    facts.push_back(list_of(field.choices));
  const std::string range = field.range.text();
  if (!range.empty() &&
      (field.type == "integer" || field.type == "number" || field.type == "numbers"))
    facts.push_back(range);
  if (!field.unit.empty() && placeholder(field) != field.unit) facts.push_back(field.unit);
  std::string text;
  for (const std::string& fact : facts) text += (text.empty() ? "" : "; ") + fact;
  return text;
}

std::string overview(std::span<const Command> commands) {
  std::string text =
      "striate: sparse codes, learned dictionaries and associative memories of images\n\n"
      "Usage: striate VERB [options]\n\nVerbs\n";
  std::size_t width = 0;
  for (const Command& command : commands) width = std::max(width, command.name.size() + 2);
  for (const Command& command : commands)
    text += fmt::format("  {:<{}}{}\n", command.name, width, wrapped(command.sentence, width + 2));
  text +=
      "\nstriate VERB --help shows a verb's options and an example.\n"
      "striate demo runs the whole chain and writes a report.\n";
  return text;
}

std::string help_of(const Command& command, std::span<const Command> others) {
  std::string text = wrapped("striate " + command.name + ": " + command.sentence, 0) +
                     "\n\nUsage: " + usage_of(command) + "\n";
  if (!command.arguments.name.empty())
    text += fmt::format("  {:<{}}{}\n", command.arguments.name, kIndent - 2,
                        wrapped(command.arguments.sentence, kIndent));
  const std::vector<Field> own = own_fields(command);
  if (!own.empty()) {
    text += "\nOptions\n";
    for (const Field& field : own) text += option_lines(field);
  }
  if (!command.variants.empty()) {
    text += fmt::format("\nOptions by {}\n", command.selector);
    for (const Variant& variant : command.variants)
      text += fmt::format("  {:<{}}{}\n", variant.name, kIndent - 2,
                          wrapped(variant.sentence, kIndent));
    text += "\n";
    for (const VariantField& entry : variant_fields(command))
      text +=
          option_lines(entry.field, entry.owners.empty() ? "" : "only " + list_of(entry.owners));
  }
  text += "\nOptions of every verb\n";
  for (const Field& field : fields<CommonOptions>()) text += option_lines(field);
  for (const Field& field : fields<AboutOptions>()) text += option_lines(field);
  if (!command.examples.empty()) {
    text += "\nExample\n";
    for (const std::string& line : command.examples) text += "  " + line + "\n";
  }
  for (const Command& other : others)
    text +=
        fmt::format("\nSee also striate {} --help: {}\n", other.name, wrapped(other.sentence, 2));
  return text;
}

std::string field_table(std::span<const Field> fields, bool as_flags) {
  std::string text = "| name | default, range, unit | meaning |\n|---|---|---|\n";
  for (const Field& field : fields) {
    std::string facts = facts_of(field);
    if (!field.choices.empty() && placeholder(field) != "NAME")
      facts += (facts.empty() ? "" : "; ") + list_of(field.choices);
    if (field.type == "bool") facts = is_default_true(field) ? "on" : "off";
    text += fmt::format("| `{}` | {} | {} |\n", as_flags ? flag_of(field.name) : field.name,
                        markdown_cell(facts), markdown_cell(field.sentence));
  }
  return text;
}

std::string reference_of(std::span<const Command> commands) {
  std::string text = "# The command line\n\n## Options of every verb\n\n" +
                     field_table(fields<CommonOptions>(), true);
  for (const Command& command : commands) {
    text += fmt::format("\n## striate {}\n\n{}\n\n`{}`\n", command.name, command.sentence,
                        usage_of(command));
    if (!command.arguments.name.empty())
      text += fmt::format("\n`{}`: {}\n", command.arguments.name, command.arguments.sentence);
    const std::vector<Field> own = own_fields(command);
    if (!own.empty()) text += "\n" + field_table(own, true);
    for (const Variant& variant : command.variants)
      text += fmt::format("\n### {} {}\n\n{}\n\n{}", flag_of(command.selector), variant.name,
                          variant.sentence, field_table(variant.fields, true));
    if (!command.examples.empty()) {
      text += "\n```\n";
      for (const std::string& line : command.examples) text += line + "\n";
      text += "```\n";
    }
  }
  return text;
}

}  // namespace striate::cli
