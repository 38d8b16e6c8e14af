// The demo's report: one HTML page that holds its figures and needs nothing else, and the same
// figures one by one.
#pragma once

#include <string>
#include <vector>

#include "cli/page.h"
#include "striate/pipelines/two_layer_memory.h"

namespace striate::cli {

// All figures that the result has data for, drawn by gnuplot. IoError: gnuplot is missing.
std::vector<Figure> demo_figures(const TwoLayerResult& result);

std::string demo_report(const TwoLayerResult& result, const std::vector<Figure>& figures,
                        const ReportContext& context);

// The rows at the noise level nearest to 0.5 as a table of text for the terminal.
std::string demo_table(const TwoLayerResult& result);
// All rows as CSV.
std::string demo_csv(const TwoLayerResult& result);

}  // namespace striate::cli
