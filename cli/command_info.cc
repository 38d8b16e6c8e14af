#include "cli/command_info.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/codes_summary.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/help.h"
#include "cli/invocation.h"
#include "cli/model_summary.h"
#include "cli/value_json.h"
#include "striate/catalog/capabilities.h"
#include "striate/catalog/memory_rules.h"
#include "striate/catalog/solvers.h"
#include "striate/core/build_info.h"
#include "striate/core/parallel.h"
#include "striate/core/text.h"
#include "striate/io/formats.h"
#include "striate/io/hdf5.h"
#include "striate/learning/learn_settings.h"
#include "striate/pipelines/coded_images.h"
#include "striate/pipelines/memory_folder.h"

namespace striate::cli {
namespace {

using Json = nlohmann::ordered_json;

struct InfoOptions {
  bool settings = false;
  bool options_page = false;
  bool capabilities = false;

  static void describe(auto& s, auto&& visit) {
    visit(s.settings, {.name = "settings",
                       .sentence = "Print the TOML that repeats the run that made the file."});
    visit(s.options_page,
          {.name = "options_page", .sentence = "Print the reference page of the command line."});
    visit(s.capabilities, {.name = "capabilities",
                           .sentence = "Print the table of what each solver can be asked for."});
  }
};

std::string shape_text(const Array& array) {
  std::string text;
  for (const std::int64_t size : array.shape()) text += join(text.empty() ? "" : " x ", size);
  return text.empty() ? "one number" : text;
}

// A value short enough for a line.
std::string short_text(const Value& value) {
  std::string text = to_text(value);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.size() <= 70 ? text : text.substr(0, 67) + "...";
}

void describe_program(Invocation& call) {
  const BuildInfo build = build_info();
  std::vector<std::string> rules, solver_names;
  for (const MemoryRule* rule : memory_rules()) rules.emplace_back(rule->name);
  for (const SolverEntry& entry : solvers()) solver_names.emplace_back(entry.name);
  const std::vector<std::string> learners(EnumNames<LearningMethod>::names.begin(),
                                          EnumNames<LearningMethod>::names.end());
  const std::vector<std::string> reads = readable_suffixes(), writes = writable_suffixes();
  std::string kind = join(build.compiler, build.optimised ? ", optimised" : ", not optimised");
  if (!build.sanitizers.empty()) kind += join(", sanitizers: ", list_of(build.sanitizers));

  const std::vector<std::pair<std::string, std::string>> lines = {
      {"version", build.version},
      {"build", kind},
      {"instruction set", join(build.architecture, build.instruction_set.empty() ? "" : ": ",
                               list_of(build.instruction_set))},
      {"processor", processor_name()},
      {"threads", join(thread_count())},
      {"files",
       join(file_format_major, ".", file_format_minor, " is the version they are written in")},
      {"reads", list_of(reads)},
      {"writes", list_of(writes)},
      {"solvers", list_of(solver_names)},
      {"learning", list_of(learners)},
      {"memory rules", list_of(rules)}};
  for (const auto& [name, text] : lines) call.print(fmt::format("{:<17}{}\n", name, text));
  call.json() = {{"version", build.version},
                 {"compiler", build.compiler},
                 {"optimised", build.optimised},
                 {"architecture", build.architecture},
                 {"instruction_set", build.instruction_set},
                 {"processor", processor_name()},
                 {"threads", thread_count()},
                 {"file_format", {file_format_major, file_format_minor}},
                 {"reads", reads},
                 {"writes", writes},
                 {"solvers", solver_names},
                 {"learning", learners},
                 {"memory_rules", rules}};
}

std::string kind_of(const Archive& archive, const std::string& path) {
  const Value kind = archive.attribute("", "kind");
  if (const auto* text = std::get_if<std::string>(&kind)) return *text;
  if (const Format* format = find_format(path); format && format->image) return "image";
  if (archive.has("codes/indptr")) return "codes";
  return archive.arrays.size() == 1 ? "array" : "arrays";
}

// Whether a name is one of many alike: the parts of image after image.
bool is_numbered(const std::string& name) {
  const std::string_view rest = std::string_view(name).substr(name.starts_with("images/") ? 7 : 0);
  return rest.size() >= 9 &&
         std::ranges::all_of(rest.substr(0, 9), [](char c) { return c >= '0' && c <= '9'; });
}

Json describe_archive(Invocation& call, const std::string& path, Archive archive) {
  const std::string kind = kind_of(archive, path);
  call.print(fmt::format("{}: {}\n", path, kind));
  Json json = {
      {"file", path}, {"kind", kind}, {"arrays", Json::object()}, {"attributes", Json::object()}};
  if (holds_convolutional_codes(archive)) {
    const auto summary = [&] {
      try {
        return summary_of(archive);
      } catch (const Error& error) {
        throw Error(path, ": ", error.what());
      }
    }();
    call.print(text_of(summary));
    json["codes"] = json_of(summary);
    std::erase_if(archive.arrays, [](const auto& entry) { return is_numbered(entry.first); });
    std::erase_if(archive.attributes, [](const auto& entry) { return is_numbered(entry.first); });
  }
  for (const auto& [name, array] : archive.arrays) {
    call.print(fmt::format("  {:<28}{} {}\n", name, name_of(array.dtype()), shape_text(array)));
    json["arrays"][name] = {{"type", std::string(name_of(array.dtype()))},
                            {"shape", array.shape()}};
  }
  for (const auto& [place, values] : archive.attributes) {
    if (!values.empty() && !place.empty()) call.print(fmt::format("  {}\n", place));
    for (const auto& [name, value] : values) {
      call.print(fmt::format("    {:<26}{}\n", name, short_text(value)));
      json["attributes"][place][name] = to_json(value);
    }
  }
  if (kind == "model" && archive.has("dictionary/atoms")) {
    const ModelReport report =
        report_of(Model<double>::from_archive(archive), {.threads = call.common().threads});
    call.print(text_of(report));
    json["report"] = json_of(report);
  }
  return json;
}

Json describe_memory(Invocation& call, const std::string& path) {
  const AssociativeMemory<float> memory = open_memory<float>(path);
  call.print(fmt::format("{}: memory of {} patterns in {} complex units, rule {}\n", path,
                         memory.size(), memory.units(), memory.rule().name));
  return {{"file", path},
          {"kind", "memory"},
          {"patterns", memory.size()},
          {"units", memory.units()},
          {"rule", std::string(memory.rule().name)}};
}

// The run that made the file, as TOML; the verb stands in a comment.
std::string settings_of(const std::string& path, const Archive& archive) {
  const auto found = archive.attributes.find(std::string(kRunGroup));
  if (found == archive.attributes.end())
    throw Error(path,
                ": does not tell the run that made it; files that striate writes from the "
                "command line do");
  Values values = found->second;
  const std::string verb = to_text(values["command"]), words = to_text(values["arguments"]);
  std::vector<std::string> arguments;
  if (std::holds_alternative<std::string>(values["arguments"]))
    for (std::size_t at = 0; at <= words.size();) {
      const std::size_t end = std::min(words.find('\n', at), words.size());
      arguments.push_back(words.substr(at, end - at));
      at = end + 1;
    }
  values.erase("command");
  values.erase("arguments");
  return join("# striate ", verb, " --config THIS.toml --output FILE\n",
              to_toml(values, arguments));
}

// The closed tables of the library.
std::string tables() {
  std::string text =
      "\n## Solvers\n\n| name | problem | what it does | source |\n|---|---|---|---|\n";
  for (const SolverEntry& entry : solvers())
    text += fmt::format("| `{}` | `{}` | {} | {} |\n", entry.name, markdown_cell(entry.problem),
                        markdown_cell(entry.summary), entry.source);
  text += "\n## Learning\n\n" + field_table(fields<LearnSettings>(), false);
  text += "\n## Memory rules\n\n| name | what it does | source |\n|---|---|---|\n";
  for (const MemoryRule* rule : memory_rules())
    text +=
        fmt::format("| `{}` | {} | {} |\n", rule->name, markdown_cell(rule->summary), rule->source);
  return text + "\n" + field_table(fields<MemorySettings>(), false);
}

int info(Invocation& call) {
  const InfoOptions options = call.settings<InfoOptions>();
  if (options.options_page) {
    call.print(reference_of(commands()) + tables());
    return kDone;
  }
  if (options.capabilities) {
    call.print(capability_page());
    return kDone;
  }
  if (call.arguments().empty()) {
    if (options.settings) throw UsageError("--settings needs a FILE whose run it prints");
    describe_program(call);
    return kDone;
  }
  Json files = Json::array();
  for (const std::string& path : call.arguments()) {
    if (std::filesystem::is_directory(path)) {
      files.push_back(describe_memory(call, path));
      continue;
    }
    Archive archive = load(path);
    if (options.settings) call.print(settings_of(path, archive));
    else files.push_back(describe_archive(call, path, std::move(archive)));
  }
  call.json()["files"] = files;
  return kDone;
}

}  // namespace

Command info_command() {
  return {.name = "info",
          .sentence = "Tells the version, the build and this machine, or what is inside files.",
          .arguments = {"FILE", "files of any format, memory folders; none: the program itself", 0,
                        1000},
          .fields = options_of<InfoOptions>(),
          .examples = {"striate info", "striate generate --images 2 --rows 64 --output leaves.npy",
                       "striate info leaves.npy"},
          .run = info};
}

}  // namespace striate::cli
