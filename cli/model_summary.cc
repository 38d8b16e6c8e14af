#include "cli/model_summary.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/progress.h"

namespace striate::cli {

std::string coherence_text(const ModelReport& report) {
  const std::string_view units = report.group_size > 1 ? "groups" : "atoms";
  std::string text = fmt::format("coherence {:.4f}", report.coherence);
  if (report.alike_first)
    text += fmt::format(" ({} {} and {})", units, *report.alike_first, *report.alike_second);
  text += fmt::format(", {} near {}", report.near_duplicates,
                      report.near_duplicates == 1 ? "duplicate" : "duplicates");
  if (report.coherence_within)
    text += fmt::format("; within groups at most {:.4f}", *report.coherence_within);
  return text + "\n";
}

std::string text_of(const ModelReport& report) {
  std::string text = "  " + coherence_text(report);
  if (report.atoms_in_use) {
    text += fmt::format("  {} of {} atoms in use", *report.atoms_in_use, report.atoms);
    text += report.replaced ? fmt::format(", {} replaced\n", *report.replaced) : "\n";
  }
  if (report.steps && report.signals && report.seconds)
    text += fmt::format("  {} batches, {} signals, {}\n", *report.steps, *report.signals,
                        duration_text(*report.seconds));
  if (report.held_out_at_start && report.held_out_objective)
    text += fmt::format("  held-out objective {:.5g} at the start, {:.5g} at the end\n",
                        *report.held_out_at_start, *report.held_out_objective);
  return text;
}

nlohmann::ordered_json json_of(const ModelReport& report) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : values(report)) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) json[name] = *whole;
    if (const auto* number = std::get_if<double>(&value)) json[name] = *number;
  }
  return json;
}

}  // namespace striate::cli
