#include "striate/pipelines/model_report.h"

#include <gtest/gtest.h>

#include <limits>

#include "striate/dictionaries/constructors.h"

namespace striate {
namespace {

TEST(ModelReport, TellsOfAtomsAndHistory) {
  Model<float> model;
  model.atoms = random_atoms<float>(16, 12, 3, 2);
  for (std::int64_t i = 0; i < 16; ++i) model.atoms(i, 9) = model.atoms(i, 2);
  model.group_size = 2;
  const auto column = [&](const char* name, std::vector<double> values) {
    model.history.arrays[name] =
        Array::from<double>(values, {static_cast<std::int64_t>(values.size())});
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  column("step", {0, 5, 7});
  column("signals", {0, 500, 700});
  column("seconds", {0, 2, 3});
  column("objective", {nan, 4, 3});
  column("held_out_objective", {6, 5, 4.5});
  column("nonzeros", {nan, 7, 8});
  column("atoms_in_use", {0, 10, 11});
  column("replaced", {0, 2, 4});
  const ModelReport report = report_of(model);
  EXPECT_EQ(report.atoms, 12);
  EXPECT_NEAR(report.coherence, 1, 1e-6);
  EXPECT_EQ(report.alike_first, 1);
  EXPECT_EQ(report.alike_second, 4);
  EXPECT_EQ(report.near_duplicates, 1);
  EXPECT_TRUE(report.coherence_within.has_value());
  EXPECT_EQ(report.steps, 7);
  EXPECT_EQ(report.signals, 700);
  EXPECT_EQ(report.seconds, 3);
  EXPECT_EQ(report.objective, 3);
  EXPECT_EQ(report.held_out_at_start, 6);
  EXPECT_EQ(report.held_out_objective, 4.5);
  EXPECT_EQ(report.nonzeros, 8);
  EXPECT_EQ(report.atoms_in_use, 11);
  EXPECT_EQ(report.replaced, 6);
  EXPECT_EQ(values(report).at("replaced"), Value(std::int64_t{6}));
}

TEST(ModelReport, IsSilentWhereNothingIsKnown) {
  Model<double> model;
  model.atoms = random_atoms<double>(4, 1, 3);
  model.history.arrays["held_out_objective"] =
      Array::from<double>(std::vector{std::numeric_limits<double>::quiet_NaN()}, {1});
  const ModelReport report = report_of(model);
  EXPECT_EQ(report.coherence, 0);
  EXPECT_FALSE(report.alike_first || report.coherence_within || report.steps || report.replaced ||
               report.held_out_objective);
}

}  // namespace
}  // namespace striate
