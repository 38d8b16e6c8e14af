// The options that every verb takes.
#pragma once

#include <optional>
#include <string>

#include "striate/core/settings.h"

namespace striate::cli {

enum class Precision { f32, f64 };
enum class ProgressMode { automatic, bar, log, off };

struct CommonOptions {
  int threads = 0;
  std::int64_t seed = 0;
  Precision precision = Precision::f32;
  ProgressMode progress = ProgressMode::automatic;
  bool quiet = false;
  bool verbose = false;
  bool json = false;
  std::string config = {};
  std::optional<double> max_seconds = {};
  bool require_convergence = false;

  static void describe(auto& s, auto&& visit);
};

// --output and --force, of the verbs that write.
struct OutputOptions {
  std::string output = {};
  bool force = false;

  static void describe(auto& s, auto&& visit);
};

}  // namespace striate::cli

template <>
struct striate::EnumNames<striate::cli::Precision> {
  static constexpr std::array<std::string_view, 2> names{"f32", "f64"};
};
template <>
struct striate::EnumNames<striate::cli::ProgressMode> {
  static constexpr std::array<std::string_view, 4> names{"auto", "bar", "log", "off"};
};

void striate::cli::CommonOptions::describe(auto& s, auto&& visit) {
  visit(s.threads, {.name = "threads",
                    .range = at_least(0),
                    .unit = "threads",
                    .sentence = "Threads to use; 0: all that this process may use. Results are "
                                "the same bits for any number."});
  visit(s.seed, {.name = "seed", .range = at_least(0), .sentence = "Seed of all random choices."});
  visit(s.precision,
        {.name = "precision", .sentence = "Arithmetic in single or double precision."});
  visit(s.progress, {.name = "progress",
                     .sentence = "On stderr; auto: a bar on a terminal, otherwise one line a "
                                 "minute."});
  visit(s.quiet, {.name = "quiet", .sentence = "Nothing on stderr but errors."});
  visit(s.verbose, {.name = "verbose", .sentence = "Say on stderr what is being done."});
  visit(s.json, {.name = "json",
                 .sentence = "Print one machine-readable object on stdout instead of text."});
  visit(s.config, {.name = "config",
                   .unit = "FILE.toml",
                   .sentence = "Read options from a TOML file with the same names; flags win."});
  visit(s.max_seconds, {.name = "max_seconds",
                        .range = above(0),
                        .unit = "seconds",
                        .sentence = "Stop after this time and keep what there is."});
  visit(s.require_convergence,
        {.name = "require_convergence",
         .sentence = "End with exit code 3 if a limit stopped the work before it converged."});
}

void striate::cli::OutputOptions::describe(auto& s, auto&& visit) {
  visit(s.output, {.name = "output",
                   .unit = "FILE",
                   .sentence = "File to write; never replaced without --force."});
  visit(s.force, {.name = "force", .sentence = "Replace an output that exists."});
}
