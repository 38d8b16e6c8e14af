// What learn, merge and info tell of a model's atoms.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "striate/pipelines/model_report.h"

namespace striate::cli {

// A line on how alike the atoms are.
std::string coherence_text(const ModelReport& report);
// All figures as lines, those that are known.
std::string text_of(const ModelReport& report);
nlohmann::ordered_json json_of(const ModelReport& report);

}  // namespace striate::cli
