#include "cli/cli.h"

#include <cerrno>
#include <cstring>
#include <new>
#include <ostream>
#include <string_view>

#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/help.h"
#include "striate/core/build_info.h"
#include "striate/core/parallel.h"
#include "striate/core/text.h"

namespace striate::cli {
namespace {

struct Found {
  const Command* command = nullptr;
  std::vector<std::string> rest;  // the words that are not its name
};

// The command that the first words name. One whose name ends in a flag ("encode --convolutional")
// is chosen by that flag, wherever it stands.
Found find_command(std::span<const std::string> words) {
  for (const Command& command : commands()) {
    const std::size_t blank = command.name.find(" --");
    if (blank == std::string::npos || command.name.substr(0, blank) != words[0]) continue;
    std::vector<std::string> rest(words.begin() + 1, words.end());
    if (std::erase(rest, command.name.substr(blank + 1)) > 0) return {&command, rest};
  }
  for (std::size_t length : {std::size_t{2}, std::size_t{1}}) {
    if (words.size() < length) continue;
    const std::string name = length == 2 ? words[0] + " " + words[1] : words[0];
    for (const Command& command : commands())
      if (command.name == name)
        return {&command, {words.begin() + static_cast<std::ptrdiff_t>(length), words.end()}};
  }
  return {};
}

// The other commands of the same verb: encode and encode --convolutional.
std::vector<Command> other_forms(const Command& command) {
  const std::string verb = command.name.substr(0, command.name.find(' '));
  std::vector<Command> others;
  for (const Command& other : commands())
    if (other.name != command.name && (other.name == verb || other.name.starts_with(verb + " ")))
      others.push_back(other);
  return others;
}

std::vector<Command> commands_below(const std::string& verb) {
  std::vector<Command> below;
  for (const Command& command : commands())
    if (command.name.starts_with(verb + " ")) below.push_back(command);
  return below;
}

[[noreturn]] void refuse_verb(std::span<const std::string> words) {
  const std::string& verb = words.front();
  if (verb.starts_with("-"))
    throw UsageError("striate: the verb comes first, then options; '", verb,
                     "' is an option. striate --help lists the verbs");
  std::vector<std::string> names, below;
  for (const Command& command : commands()) names.push_back(command.name);
  if (words.size() > 1 && !words[1].starts_with("-")) {
    const std::string two = nearest_name(verb + " " + words[1], names);
    if (two.find(' ') != std::string::npos)
      throw UsageError("striate: there is no verb '", verb, " ", words[1], "'; did you mean '", two,
                       "'?");
  }
  for (const Command& command : commands_below(verb)) below.push_back(command.name);
  if (!below.empty()) throw UsageError("striate ", verb, ": say which of ", list_of(below));
  const std::string near = nearest_name(verb, names);
  throw UsageError("striate: there is no verb '", verb, "'; ",
                   near.empty() ? "there are " + list_of(names) : "did you mean '" + near + "'?");
}

// Threads for all that the command calls; the setting before comes back with the end of the scope.
class ThreadCount {
 public:
  explicit ThreadCount(int threads) : changed_(threads > 0) {
    if (changed_) set_thread_count(threads);
  }
  ~ThreadCount() {
    if (changed_) set_thread_count(0);
  }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  bool changed_;
};

int run_command(std::span<const std::string> words, Streams streams, std::stop_token stop) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    streams.out << overview(commands());
    return kDone;
  }
  if (words[0] == "--version") {
    streams.out << "striate " << library_version << '\n';
    return kDone;
  }
  const auto [command, rest] = find_command(words);
  const bool help = words.size() > 1 && (words[1] == "--help" || words[1] == "-h");
  if (!command && help) {
    const std::vector<Command> below = commands_below(words[0]);
    if (!below.empty()) {
      streams.out << overview(below);
      return kDone;
    }
  }
  if (!command) refuse_verb(words);
  for (const std::string& word : rest)
    if (word == "--version") {
      streams.out << "striate " << library_version << '\n';
      return kDone;
    }
  const std::vector<Command> others = other_forms(*command);
  Parsed parsed = parse(*command, rest, others);
  if (parsed.help) {
    streams.out << help_of(*command, others);
    return kDone;
  }
  Invocation invocation(*command, std::move(parsed), streams, stop);
  const ThreadCount threads(invocation.common().threads);
  const int code = command->run(invocation);
  invocation.finish();
  return code;
}

}  // namespace

int run_cli(std::span<const std::string> words, Streams streams, std::stop_token stop) {
  auto fail = [&](int code, std::string_view text) {
    const bool named = text.starts_with("striate");
    streams.err << (named ? "" : "striate: ") << text << std::endl;
    return code;
  };
  try {
    errno = 0;
    const int code = run_command(words, streams, stop);
    streams.out.flush();
    if (streams.out.good()) return code;
    const int reason = errno;
    if (reason == EPIPE) return kBadData;  // the reader has seen enough
    return fail(kBadData, join("standard output: cannot be written",
                               reason != 0 ? join(": ", std::strerror(reason)) : ""));
  } catch (const UsageError& error) {
    return fail(kBadUsage, error.what());
  } catch (const Exception& error) {
    return fail(kBadData, error.what());
  } catch (const std::bad_alloc&) {
    return fail(kBadData, "not enough memory for this job");
  } catch (const std::exception& error) {
    return fail(kBadData, join("failed inside: ", error.what()));
  }
}

}  // namespace striate::cli
