#include "cli/model_summary.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace striate::cli {
namespace {

TEST(ModelSummary, TellsWhatIsKnown) {
  ModelReport report{.atoms = 6, .group_size = 2, .coherence = 0.5};
  report.alike_first = 0;
  report.alike_second = 2;
  report.near_duplicates = 1;
  report.coherence_within = 0.25;
  EXPECT_EQ(
      text_of(report),
      "  coherence 0.5000 (groups 0 and 2), 1 near duplicate; within groups at most 0.2500\n");
  report.steps = 3;
  report.signals = 300;
  report.seconds = 2;
  report.held_out_at_start = 4;
  report.held_out_objective = 3;
  report.atoms_in_use = 5;
  report.replaced = 1;
  const std::string text = text_of(report);
  EXPECT_NE(text.find("  5 of 6 atoms in use, 1 replaced\n"), std::string::npos);
  EXPECT_NE(text.find("  3 batches, 300 signals, "), std::string::npos);
  EXPECT_NE(text.find("held-out objective 4 at the start, 3 at the end"), std::string::npos);
  const auto json = json_of(report);
  EXPECT_EQ(json["coherence"], 0.5);
  EXPECT_EQ(json["replaced"], 1);
  EXPECT_FALSE(json_of({.atoms = 3}).contains("replaced"));
}

TEST(ModelSummary, SpeaksOfAtomsWhereThereAreNoGroups) {
  EXPECT_EQ(coherence_text({.atoms = 1}), "coherence 0.0000, 0 near duplicates\n");
  ModelReport report{.atoms = 2, .coherence = 1};
  report.alike_first = 0;
  report.alike_second = 1;
  EXPECT_EQ(coherence_text(report), "coherence 1.0000 (atoms 0 and 1), 0 near duplicates\n");
}

}  // namespace
}  // namespace striate::cli
