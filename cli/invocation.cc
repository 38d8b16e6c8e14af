#include "cli/invocation.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "striate/core/text.h"

namespace striate::cli {

namespace fs = std::filesystem;

Invocation::Invocation(const Command& command, Parsed parsed, Streams streams, std::stop_token stop)
    : command_(command),
      parsed_(std::move(parsed)),
      streams_(streams),
      stop_(stop),
      common_(settings<CommonOptions>()),
      output_(command.writes_output ? settings<OutputOptions>() : OutputOptions()),
      progress_(streams.err, common_.quiet ? ProgressMode::off : common_.progress),
      log_(progress_, common_.quiet, common_.verbose),
      json_(new nlohmann::ordered_json(nlohmann::ordered_json::object())) {}

Invocation::~Invocation() = default;

Values Invocation::given_of(std::span<const Field> fields) const {
  Values values;
  for (const Field& field : fields) {
    const auto found = parsed_.given.find(field.name);
    if (found != parsed_.given.end()) values[field.name] = found->second;
  }
  return values;
}

Values Invocation::to_repeat() const {
  Values values = parsed_.given;
  for (const char* passing :
       {"output", "force", "config", "progress", "quiet", "verbose", "json", "threads", "resume"})
    values.erase(passing);
  for (auto& [name, value] : values)
    if (std::holds_alternative<std::vector<double>>(value)) value = to_text(value);
  for (const auto& [name, file] : parsed_.files) values[name] = file;
  values["command"] = command_.name;
  values["seed"] = common_.seed;
  values["precision"] =
      std::string(EnumNames<Precision>::names[static_cast<std::size_t>(common_.precision)]);
  std::string words;
  for (const std::string& word : parsed_.arguments) words += (words.empty() ? "" : "\n") + word;
  if (!words.empty()) values["arguments"] = words;
  return values;
}

std::string Invocation::output(std::span<const std::string_view> suffixes, bool resumed) const {
  const std::string path = output_.output.empty() ? command_.output_default : output_.output;
  if (path.empty() && command_.output_optional) return path;
  if (path.empty()) throw UsageError("--output is missing; it names the file to write");
  check_writable("--output", path, suffixes, resumed);
  return path;
}

void Invocation::check_writable(std::string_view flag, const std::string& path,
                                std::span<const std::string_view> suffixes, bool resumed) const {
  std::error_code ignored;
  const fs::path target(path);
  if (!suffixes.empty()) {
    std::string suffix = target.extension().string();
    std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (std::find(suffixes.begin(), suffixes.end(), suffix) == suffixes.end()) {
      const std::vector<std::string> allowed(suffixes.begin(), suffixes.end());
      throw UsageError(flag, " ", path, ": the name must end in one of ", list_of(allowed));
    }
  }
  for (const std::string& input : parsed_.arguments)
    if (fs::equivalent(target, input, ignored))
      throw UsageError(flag, " ", path, ": is one of the inputs; choose another name");
  if (fs::exists(target, ignored) && !output_.force && !resumed)
    throw UsageError(flag, " ", path, ": exists already; choose another name or give --force");
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, ignored))
    throw UsageError(flag, " ", path, ": there is no folder ", folder.string());
}

Run Invocation::run() {
  Run run;
  run.observer = [this](const Progress& progress) {
    progress_.show(progress);
    return true;
  };
  run.stop = stop_;
  run.threads = common_.threads;
  if (common_.max_seconds)
    run.max_seconds = std::max(*common_.max_seconds - watch_.seconds(), 1e-9);
  return run;
}

int Invocation::exit_code(bool converged) const {
  if (interrupted()) return kInterrupted;
  return common_.require_convergence && !converged ? kNotConverged : kDone;
}

void Invocation::print(std::string_view text) {
  if (common_.json) return;
  progress_.clear();
  streams_.out << text << std::flush;
}

void Invocation::finish() {
  progress_.clear();
  if (common_.json) streams_.out << json_->dump(2) << '\n';
  streams_.out.flush();
}

}  // namespace striate::cli
