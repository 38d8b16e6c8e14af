// What info tells of a file of convolutional codes, straight from their sparse form.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "striate/core/archive.h"

namespace striate::cli {

struct FilterUse {
  std::int64_t filter = 0;
  std::int64_t uses = 0;
  double sum = 0;       // of magnitudes
  double largest = 0;   // magnitude
  double degrees = -1;  // orientation of its wave, 0 down the columns; -1: none or not known
};

struct ImageSummary {
  std::string name;
  std::int64_t rows = 0, columns = 0;  // pixels
  std::int64_t nonzeros = 0;
  double sparseness = 0;
};

struct CodesSummary {
  std::vector<ImageSummary> images;
  std::vector<FilterUse> filters;  // all of them, in their order
  std::int64_t filter_rows = 0, filter_columns = 0, channels_apart = 0;
  std::string boundary, method, lambda;  // as they stand in the file; empty: not known
};

// Error: no convolutional codes.
CodesSummary summary_of(const Archive& archive);
std::string text_of(const CodesSummary& summary);
nlohmann::ordered_json json_of(const CodesSummary& summary);

}  // namespace striate::cli
