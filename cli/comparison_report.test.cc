#include "cli/comparison_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "striate/dictionaries/log_gabor.h"
#include "striate/images/synthetic.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

FilterModel<float> some_model() {
  FilterModel<float> model;
  model.taps = log_gabor_atoms<float>({.height = 6, .width = 6, .orientations = 4});
  model.rows = model.columns = 6;
  return model;
}

class ComparisonReport : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    comparison = new SolverComparison(compare_solvers(
        dead_leaves<float>({.set = {.images = 1, .rows = 24, .columns = 24}}).front(), some_model(),
        {.seconds = 0.5}));
  }
  static void TearDownTestSuite() { delete comparison; }
  static SolverComparison* comparison;
};
SolverComparison* ComparisonReport::comparison = nullptr;

TEST_F(ComparisonReport, DrawsWhatThereIsDataFor) {
  std::vector<std::string> names;
  for (const Figure& figure : comparison_figures(*comparison, some_model(), 12)) {
    names.push_back(figure.name);
    EXPECT_GT(figure.bytes.size(), 500u) << figure.name;
  }
  EXPECT_THAT(names, testing::ElementsAre("objective.svg", "distance.svg", "maps.png", "images.png",
                                          "filters.png"));
  SolverComparison none = *comparison;
  none.solvers.clear();
  EXPECT_EQ(comparison_figures(none, some_model(), 0).size(), 1u);
  EXPECT_THROW(shown_solver(none), Error);
}

TEST_F(ComparisonReport, NamesEverySolverInItsTables) {
  const auto figures = comparison_figures(*comparison, some_model(), 12);
  const std::string page = comparison_page(
      *comparison, some_model(), figures,
      {.command = "striate demo convolutional a&b.png", .images = "a&b.png", .processor = "none"});
  const std::string table = comparison_table(*comparison), csv = comparison_csv(*comparison);
  for (const ComparedSolver& solver : comparison->solvers) {
    EXPECT_THAT(page, HasSubstr("<td>" + solver.name + "</td>"));
    EXPECT_THAT(table, HasSubstr("\n" + solver.name + " "));
    EXPECT_THAT(csv, HasSubstr("\n" + solver.name + ","));
  }
  EXPECT_THAT(page, HasSubstr("a&amp;b.png"));
  EXPECT_THAT(page, Not(HasSubstr("a&b.png")));
  EXPECT_EQ(shown_solver(*comparison).name, "auto");
  // Every row of the CSV has as many cells.
  std::istringstream lines(csv);
  std::string line;
  for (std::string first; std::getline(lines, line);) {
    if (first.empty()) first = line;
    EXPECT_EQ(std::ranges::count(line, ','), std::ranges::count(first, ','));
  }
}

TEST_F(ComparisonReport, SaysWhatWasNeverReached) {
  SolverComparison slow = *comparison;
  for (ComparedSolver& solver : slow.solvers)
    solver.to_thousandth = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(comparison_table(slow), HasSubstr("never"));
  EXPECT_THAT(comparison_csv(slow), Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace striate::cli
