// The demo's report: one HTML page that holds its figures and needs nothing else, and the same
// figures one by one.
#pragma once

#include <string>
#include <vector>

#include "striate/pipelines/two_layer_memory.h"

namespace striate::cli {

struct Figure {
  std::string name;  // file name: "dictionary.png"
  std::string bytes;
};

// All figures that the result has data for, drawn by gnuplot. IoError: gnuplot is missing.
std::vector<Figure> demo_figures(const TwoLayerResult& result);

// What the page says of how it was made.
struct ReportContext {
  std::string command = {};    // the line that repeats it
  std::string images = {};     // "10 generated images", "photos/"
  std::string processor = {};  // and number of threads
  std::string note = {};       // a sentence at the top if something is missing; mostly empty
};
std::string demo_report(const TwoLayerResult& result, const std::vector<Figure>& figures,
                        const ReportContext& context);

// The rows at the noise level nearest to 0.5 as a table of text for the terminal.
std::string demo_table(const TwoLayerResult& result);
// All rows as CSV.
std::string demo_csv(const TwoLayerResult& result);

// For figures inside the page.
std::string base64(std::string_view bytes);
std::string html_text(std::string_view text);

}  // namespace striate::cli
