// What `striate demo convolutional` shows of a comparison of solvers: figures, a table, a page.
#pragma once

#include <string>
#include <vector>

#include "cli/page.h"
#include "striate/pipelines/solver_comparison.h"

namespace striate::cli {

// objective.svg, distance.svg, maps.png, images.png, filters.png, as far as there is data for them.
// `across`: filters in a row of their mosaic, 0: any. IoError: gnuplot is missing.
std::vector<Figure> comparison_figures(const SolverComparison& comparison,
                                       const FilterModel<float>& model, int across);

std::string comparison_page(const SolverComparison& comparison, const FilterModel<float>& model,
                            const std::vector<Figure>& figures, const ReportContext& context);

// One row per solver, for the terminal and as CSV.
std::string comparison_table(const SolverComparison& comparison);
std::string comparison_csv(const SolverComparison& comparison);

// The solver whose code the figures show: auto, or the last that was reached. Error: none was.
const ComparedSolver& shown_solver(const SolverComparison& comparison);

}  // namespace striate::cli
