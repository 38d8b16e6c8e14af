#include "cli/command_memory_capacity.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/command_memory.h"
#include "cli/figures.h"
#include "cli/inputs.h"
#include "cli/value_json.h"
#include "striate/catalog/memory_rules.h"
#include "striate/core/text.h"
#include "striate/io/atomic_file.h"
#include "striate/io/formats.h"
#include "striate/pipelines/capacity_curves.h"
#include "striate/pipelines/memory_folder.h"

namespace striate::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CurveOptions {
  std::string rules = "all";
  std::string codes = {};
  bool search = false;
  std::string plot = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.rules, {.name = "rules",
                    .unit = "NAMES",
                    .sentence = "Rules to try, separated by commas; all: those that such codes and "
                                "options suit."});
    visit(s.codes, {.name = "codes",
                    .unit = "FILE",
                    .sentence = "Codes to draw patterns from; not given: random phasors."});
    visit(s.search, {.name = "search",
                     .sentence = "Also search the load up to which a rule gives --success right "
                                 "answers."});
    visit(s.plot,
          {.name = "plot", .unit = "FILE", .sentence = "Draw the curves, as .png or .svg."});
  }
};

// The memory's own options; rules are named by --rules.
std::vector<Field> settings_fields() {
  std::vector<Field> fields = memory_fields();
  std::erase_if(fields, [](const Field& field) { return field.name == "rule"; });
  return fields;
}

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    if (end > at) words.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::string number_text(const Value& value) {
  const auto* number = std::get_if<double>(&value);
  return number ? fmt::format("{:.4g}", *number) : to_text(value);
}

// Error: an option that has no meaning beside a memory, or without one.
void refuse_options(const Invocation& call, const std::vector<Field>& allowed,
                    const std::vector<Field>& others, std::string_view why) {
  for (const auto& [name, value] : call.given_of(others))
    if (std::ranges::none_of(allowed, [&](const Field& field) { return field.name == name; }))
      throw UsageError(flag_of(name), " is given ", why);
}

int report(Invocation& call) {
  refuse_options(call, options_of<CapacitySettings>(),
                 all_fields({options_of<CurveOptions, CapacityTrials>(), settings_fields()}),
                 "beside a memory, which has its own codes and settings");
  if (!call.output().empty())
    throw UsageError(
        "--output is given beside a memory, whose report is printed; --json for "
        "programs");
  const std::string& path = call.arguments().front();
  const AssociativeMemory<double> memory = open_memory<double>(path);
  const CapacityReport found =
      memory.capacity_report(call.settings<CapacitySettings>(), call.run());
  if (call.interrupted()) return kInterrupted;
  for (const Field& field : fields(found))
    if (field.type != "numbers")
      call.print(
          fmt::format("{:<20}{:>10}  {}\n", field.name, number_text(field.value), field.sentence));
  call.json() = {{"memory", path}, {"rule", std::string(memory.rule().name)}};
  call.json().update(json_of_fields(found));
  return kDone;
}

template <class T>
SparseCodes<T> read_codes(const std::string& path) {
  return codes_in<T>(path, load(path));
}

// The memories to try. With --rules all those that refuse such codes or options are left out.
template <class T>
std::vector<MemorySettings> memories(Invocation& call, std::int64_t units,
                                     const CapacityTrials& trials, const SparseCodes<T>* codes) {
  const auto options = call.settings<CurveOptions>();
  MemorySettings settings{.units = units};
  for (const auto& [name, value] : call.given_of(settings_fields()))
    assign(call.command().name, settings, name, value);
  settings.units = units;
  std::vector<MemorySettings> all;
  if (options.rules != "all") {
    for (const std::string& name : words_of(options.rules)) {
      settings.rule = name;
      all.push_back(settings);
    }
    if (all.empty()) throw UsageError("--rules names no rule");
    return all;
  }
  CapacityTrials small = trials;
  small.patterns = {1};
  small.draws = 1;
  std::string last;
  for (const MemoryRule* rule : memory_rules()) {
    settings.rule = std::string(rule->name);
    try {
      capacity_curves<T>({settings}, small, codes);
      all.push_back(settings);
    } catch (const Error& error) {
      last = error.what();
      call.log().note(fmt::format("rule {} is left out: {}", settings.rule, last));
    }
  }
  if (all.empty()) throw UsageError(last);
  return all;
}

std::string csv(const std::vector<CapacityRow>& rows) {
  std::string text;
  for (const Field& field : fields<CapacityRow>()) text += (text.empty() ? "" : ",") + field.name;
  text += "\n";
  for (const CapacityRow& row : rows) {
    std::string line;
    for (const Field& field : fields(row)) line += (line.empty() ? "" : ",") + to_text(field.value);
    text += line + "\n";
  }
  return text;
}

// In the table of rules, so that a rule has one colour in all figures.
std::size_t place_of(std::string_view rule) {
  return static_cast<std::size_t>(std::ranges::find(memory_rules(), rule, &MemoryRule::name) -
                                  memory_rules().begin());
}

std::string figure(const std::vector<CapacityRow>& rows, const CapacityTrials& trials,
                   std::string_view codes, PictureFormat format) {
  constexpr std::array colours = {"#1b6ca8", "#d1495b", "#3a7d44", "#e09f3e", "#6a4c93",
                                  "#2a9d8f", "#8d5524", "#c2185b", "#455a64", "#7cb518"};
  const bool identified = trials.measure == SuccessMeasure::identified;
  std::vector<Curve> lines;
  Curve nearest{
      .title = "nearest stored code", .colour = "#888888", .dashed = true, .points = false};
  for (const CapacityRow& row : rows) {
    if (lines.empty() || lines.back().title != row.rule)
      lines.push_back({.title = row.rule, .colour = colours[place_of(row.rule) % colours.size()]});
    Curve& line = lines.back();
    const auto load = static_cast<double>(row.patterns);
    line.x.push_back(load);
    line.y.push_back(identified ? row.identified : row.similar);
    line.low.push_back(identified ? row.identified_low : row.similar_low);
    line.high.push_back(identified ? row.identified_high : row.similar_high);
    if (lines.size() == 1) {
      nearest.x.push_back(load);
      nearest.y.push_back(row.nearest);
    }
  }
  if (identified) lines.push_back(std::move(nearest));
  return curves({.title = fmt::format("{}, {} units", codes, rows.front().units),
                 .x = "stored patterns P",
                 .y = identified ? "share of cues that name their pattern"
                                 : "share of cues that end above |cos| 0.9",
                 .logarithmic_x = true,
                 .y_range = {0, 1.02},
                 .width = 680,
                 .height = 480},
                lines, format);
}

template <class T>
int try_rules(Invocation& call) {
  refuse_options(call, all_fields({options_of<CurveOptions, CapacityTrials>(), settings_fields()}),
                 options_of<CapacitySettings>(), "without a MEMORY to report on");
  static constexpr std::string_view suffixes[] = {".csv", ".json"};
  static constexpr std::string_view pictures[] = {".png", ".svg"};
  const std::string output = call.output(suffixes);
  const auto options = call.settings<CurveOptions>();
  if (!options.plot.empty()) call.check_writable("plot", options.plot, pictures);
  const auto trials = call.settings<CapacityTrials>();

  const SparseCodes<T> held =
      options.codes.empty() ? SparseCodes<T>() : read_codes<T>(options.codes);
  const SparseCodes<T>* codes = options.codes.empty() ? nullptr : &held;
  std::int64_t units = codes ? held.atoms() / 2 : 400;
  if (call.was_given("units")) {
    const auto asked = call.settings<MemorySettings>({.units = units}).units;
    if (codes && asked != units)
      throw UsageError("--units is ", asked, "; the codes have ", units, " pairs");
    units = asked;
  }
  if (codes && call.was_given("active"))
    throw UsageError("--active is given beside --codes, which have their own active units");
  std::vector<MemorySettings> tried;
  std::vector<CapacityRow> rows;
  try {
    tried = memories<T>(call, units, trials, codes);
    rows = capacity_curves<T>(tried, trials, codes, call.run());
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    throw UsageError("striate memory capacity: ", error.what());
  }

  const bool identified = trials.measure == SuccessMeasure::identified;
  call.print(fmt::format("{:<16}{:>9}{:>7}{:>12}{:>17}{:>12}{:>9}{:>7}\n", "rule", "patterns",
                         "cues", identified ? "identified" : "similar", "95 % interval",
                         identified ? "similar" : "identified", "nearest", "steps"));
  Json json_rows = Json::array();
  for (const CapacityRow& row : rows) {
    call.print(fmt::format(
        "{:<16}{:>9}{:>7}{:>10.1f} %{:>8.1f} to {:>5.1f}{:>10.1f} %{:>7.1f} %{:>7.1f}\n", row.rule,
        row.patterns, row.cues, 100 * (identified ? row.identified : row.similar),
        100 * (identified ? row.identified_low : row.similar_low),
        100 * (identified ? row.identified_high : row.similar_high),
        100 * (identified ? row.similar : row.identified), 100 * row.nearest, row.mean_steps));
    json_rows.push_back(json_of_fields(row));
  }
  call.json() = {{"curves", json_rows}};
  bool finished = std::ssize(rows) > 0;
  if (options.search && !call.interrupted()) {
    const auto found = capacity_search<T>(tried, trials, codes, call.run());
    Json searched = Json::array();
    call.print(fmt::format("\nup to which load {:g} % of the cues end {}:\n", 100 * trials.success,
                           trials.measure == SuccessMeasure::identified
                               ? "at the right pattern"
                               : "above |cos| 0.9 with the right pattern"));
    for (const FoundCapacity& one : found) {
      finished = finished && one.finished;
      call.print(fmt::format("{:<16}{:>9}  {}\n", one.rule, one.patterns,
                             !one.finished      ? "stopped early"
                             : one.fails_at > 0 ? fmt::format("fails at {}", one.fails_at)
                                                : "the search ended there"));
      searched.push_back(json_of_fields(one));
    }
    call.json()["search"] = searched;
  }

  const Overwrite overwrite = call.force() ? Overwrite::yes : Overwrite::no;
  const auto write = [&](const std::string& path, const std::string& bytes) {
    write_file(path, std::as_bytes(std::span(bytes)), overwrite);
    call.print(fmt::format("{} written\n", path));
  };
  if (!output.empty()) {
    write(output, output.ends_with(".csv") ? csv(rows) : call.json().dump(2) + "\n");
    call.json()["output"] = output;
  }
  if (!options.plot.empty() && !rows.empty()) {
    write(options.plot,
          figure(rows, trials,
                 codes ? join("codes of ", std::filesystem::path(options.codes).filename().string())
                       : join("random phasors, K = ", trials.active),
                 options.plot.ends_with(".svg") ? PictureFormat::svg : PictureFormat::png));
    call.json()["plot"] = options.plot;
  }
  if (call.interrupted()) return kInterrupted;
  return call.exit_code(finished);
}

int capacity(Invocation& call) {
  if (!call.arguments().empty()) return report(call);
  return call.common().precision == Precision::f64 ? try_rules<double>(call)
                                                   : try_rules<float>(call);
}

}  // namespace

Command memory_capacity_command() {
  return {.name = "memory capacity",
          .sentence =
              "Tells how crowded a memory is; or, without one, tries how many patterns "
              "rules hold.",
          .arguments = {"MEMORY", "a memory's folder or file; none: rules are tried", 0, 1},
          .fields = all_fields(
              {options_of<CurveOptions, CapacityTrials, CapacitySettings>(), settings_fields()}),
          .writes_output = true,
          .output_optional = true,
          .output_sentence = "The curves, .csv or .json.",
          .examples = {"striate memory capacity --units 100 --active 8 --patterns 20,60,180 "
                       "--draws 2 --output curves.csv"},
          .run = capacity};
}

}  // namespace striate::cli
