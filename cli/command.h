// A verb of the command line, described once: flags, help, the reference page and the tests of its
// examples all read this entry. To add one: command_<verb>.{h,cc,test.cc} and a line in
// commands.cc.
#pragma once

#include <functional>
#include <iosfwd>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "striate/core/errors.h"
#include "striate/core/settings.h"

namespace striate::cli {

// Exit codes of the program.
inline constexpr int kDone = 0;
inline constexpr int kBadData = 1;        // data or files
inline constexpr int kBadUsage = 2;       // options
inline constexpr int kNotConverged = 3;   // stopped by a limit where convergence was required
inline constexpr int kInterrupted = 130;  // 128 + signal

// The user asked for something that options do not allow: exit code 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

// Words that are not options: "INPUT...".
struct Arguments {
  std::string name = {};  // in capitals; empty: none are taken
  std::string sentence = {};
  int at_least = 0;
  int at_most = 0;
};

// Options that exist for one choice of the command's selector, as the solvers of --method.
struct Variant {
  std::string name;
  std::string sentence;
  std::vector<Field> fields;
};

class Invocation;

struct Command {
  std::string name;  // "encode", "memory store"
  std::string sentence;
  Arguments arguments = {};
  std::vector<Field> fields = {};      // the command's own options
  bool writes_output = false;          // takes --output and --force
  std::string output_default = {};     // empty: --output is required, unless
  bool output_optional = false;        // nothing needs to be written
  std::string output_sentence = {};    // what is written
  std::string selector = {};           // the own option that chooses a variant: "method"
  std::vector<Variant> variants = {};  // the first is the default, unless
  std::function<std::string(const Values& given)> default_variant = {};  // tells another
  // Own options of numbers whose files may be arrays of more dimensions: such a file's name is the
  // value, and the command reads it.
  std::vector<std::string> arrays = {};
  // Command lines that may be typed one after another in an empty folder; all are run as tests.
  std::vector<std::string> examples = {};
  std::function<int(Invocation&)> run = {};
};

// Fields of several settings structs, one after another; a name that comes twice is kept once.
std::vector<Field> all_fields(std::vector<std::vector<Field>> parts);
template <class... Settings>
std::vector<Field> options_of() {
  return all_fields({fields<Settings>()...});
}

// "lambda_relative" -> "--lambda-relative"
std::string flag_of(std::string_view field_name);

}  // namespace striate::cli
