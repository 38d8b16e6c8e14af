// One call of a verb: what was asked for, where to print, how to run.
#pragma once

#include <iosfwd>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/common_options.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "striate/core/observer.h"
#include "striate/core/timing.h"

namespace striate::cli {

struct Streams {
  std::ostream& out;
  std::ostream& err;
};

// What the words of a command line (and its --config file) come to. Values are checked.
struct Parsed {
  std::vector<std::string> arguments;
  Values given;
  std::map<std::string, std::string> files;  // of given options that take numbers: where they lay
  std::string variant;                       // the selector's value; empty without selector
  bool help = false;
};

// Where output files keep to_repeat() among their attributes.
inline constexpr std::string_view kRunGroup = "provenance/run";

class Invocation {
 public:
  Invocation(const Command& command, Parsed parsed, Streams streams, std::stop_token stop);
  ~Invocation();

  const Command& command() const { return command_; }
  const std::vector<std::string>& arguments() const { return parsed_.arguments; }
  const std::string& variant() const { return parsed_.variant; }
  const CommonOptions& common() const { return common_; }
  Log& log() { return log_; }

  bool was_given(std::string_view name) const { return parsed_.given.contains(std::string(name)); }
  const Values& given() const { return parsed_.given; }
  // Those given options that `fields` names, as a solver of the catalogue takes them.
  Values given_of(std::span<const Field> fields) const;
  // The settings struct with all given options of its fields; checked.
  template <class Settings>
  Settings settings(Settings settings = {}) const {
    try {
      for (const auto& [name, value] : given_of(fields<Settings>()))
        assign(command_.name, settings, name, value);
      validate(command_.name, settings);
    } catch (const Error& error) {
      throw UsageError(error.what());
    }
    return settings;
  }
  // What repeats the run, for provenance: the verb ("command"), its words ("arguments", one a
  // line), and the options given, with seed and precision; lists of numbers as text, by the name of
  // their file if they came from one.
  Values to_repeat() const;

  // The file that --output names; empty if it is optional and not given. UsageError: it is missing,
  // it exists without --force, is one of the inputs, or its folder is missing; `suffixes` (".h5",
  // ...): the endings that are allowed, none: any. `resumed`: the job itself judges a file that
  // exists, which may be its own finished output.
  std::string output(std::span<const std::string_view> suffixes = {}, bool resumed = false) const;
  bool force() const { return output_.force; }
  // The same for a file that another option names.
  void check_writable(std::string_view flag, const std::string& path,
                      std::span<const std::string_view> suffixes = {}, bool resumed = false) const;

  // How a long job is to run: progress, stop, limits. A job may have several stages.
  Run run();
  bool interrupted() const { return stop_.stop_requested(); }
  // The exit code of a job that ended: interrupted before limits before done.
  int exit_code(bool converged) const;

  // Text for people, printed at once unless --json.
  void print(std::string_view text);
  // What --json prints at the end.
  nlohmann::ordered_json& json() { return *json_; }

  // Ends progress and prints the JSON object; called once, after the command.
  void finish();

 private:
  const Command& command_;
  Parsed parsed_;
  Streams streams_;
  std::stop_token stop_;
  Stopwatch watch_;
  CommonOptions common_;
  OutputOptions output_;
  ProgressDisplay progress_;
  Log log_;
  std::unique_ptr<nlohmann::ordered_json> json_;
};

}  // namespace striate::cli
