#include "striate/catalog/capabilities.h"

#include <algorithm>
#include <array>

#include "striate/core/text.h"

namespace striate {
namespace {

template <const char* name>
bool has(const SolverEntry& entry) {
  return has_setting(entry, name);
}
constexpr char penalty_weights[] = "penalty_weights", positive[] = "positive",
               group_size[] = "group_size", lambda[] = "lambda", residual[] = "residual",
               penalty[] = "penalty", activation[] = "activation";

bool always(const SolverEntry&) { return true; }
std::string_view never(const SolverEntry&) { return {}; }

std::string_view why_no_groups(const SolverEntry& entry) {
  if (has<residual>(entry)) return "atoms join one by one";
  if (!has<lambda>(entry)) return "keeps the largest single coefficients";
  return entry.path_float ? "paths of groups are not straight" : "its penalty is of single atoms";
}

bool per_signal_lambda(const SolverEntry& entry) {
  return std::ranges::any_of(
      entry.fields(), [](const Field& field) { return field.name == lambda && field.per_signal; });
}

std::string_view why_convex(const SolverEntry& entry) {
  if (!has<lambda>(entry)) return "counts atoms: l0 is what it is about";
  return has<activation>(entry) ? "its hard threshold is that of l0" : "certifies convex problems";
}

std::string_view why_no_path(const SolverEntry& entry) {
  if (!has<lambda>(entry)) return "codes of other counts are no steps of it";
  return entry.takes_initial ? "codes on its way belong to no other lambda"
                             : "one product per lambda; there is no way";
}

const std::array table{
    Capability{"penalty weights", "A factor of the penalty per atom or group.",
               has<penalty_weights>,
               [](const SolverEntry&) -> std::string_view { return "counts atoms, weighs none"; }},
    Capability{"non-negative", "Only coefficients that are not negative.", has<positive>,
               [](const SolverEntry&) -> std::string_view {
                 return "its least squares have signs of their own";
               }},
    Capability{"l0 and log", "Penalties that are not convex.", has<penalty>, why_convex},
    Capability{"mask", "Values of a signal that are not observed.", always, never},
    Capability{"data weights", "A weight of the squared error per value of a signal.", always,
               never},
    Capability{"groups", "Coefficients that are in use together.", has<group_size>, why_no_groups},
    Capability{"lambda per signal", "A list of numbers, one for each signal.", per_signal_lambda,
               [](const SolverEntry&) -> std::string_view {
                 return "has no lambda; its stopping rules are per signal";
               }},
    Capability{"float, double", "Both precisions.",
               [](const SolverEntry& entry) { return entry.run_float && entry.run_double; }, never},
    Capability{"initial codes", "A start from codes of one's own.",
               [](const SolverEntry& entry) { return entry.takes_initial; },
               [](const SolverEntry& entry) -> std::string_view {
                 return has<residual>(entry) ? "each code grows from nothing"
                                             : "one product; nothing is iterated";
               }},
    Capability{"path", "All codes on the way in one run.",
               [](const SolverEntry& entry) { return entry.path_float && entry.path_double; },
               why_no_path},
};

}  // namespace

std::span<const Capability> capabilities() { return table; }

std::string capability_page() {
  std::string text = "# What each solver can be asked for\n\n| solver |";
  for (const Capability& capability : table) text += join(" ", capability.name, " |");
  text += "\n|---|";
  for (std::size_t i = 0; i < table.size(); ++i) text += "---|";
  text += "\n";
  for (const SolverEntry& entry : solvers()) {
    text += join("| `", entry.name, "` |");
    for (const Capability& capability : table)
      text += join(" ", capability.of(entry) ? "yes" : capability.reason(entry), " |");
    text += "\n";
  }
  text += "\n";
  for (const Capability& capability : table)
    text += join("- **", capability.name, "**: ", capability.sentence, "\n");
  return text + "\nWhat a solver has not is refused, with the names of those that have it.\n";
}

}  // namespace striate
