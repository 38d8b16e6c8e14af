#include "striate/pipelines/recall_evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// Patches that are sparse in pairs of atoms, and the model that knows them.
struct World {
  Model<double> model;
  Matrix<double> patches;
};
World some_world() {
  auto p = plant<double>(
      {.rows = 64, .atoms = 128, .nonzeros = 8, .signals = 40, .group_size = 2, .seed = 4});
  World world;
  world.model.atoms = p.dictionary;
  world.model.group_size = 2;
  world.model.coder = "group_lasso";
  world.model.coding = {{"lambda", 0.02}};
  world.patches = p.signals;
  return world;
}

TEST(recall_evaluation, measures_psnr_by_its_definition) {
  Matrix<double> clean(4, 2), other(4, 2);
  clean(0, 0) = 2;
  clean(1, 1) = 1;
  other = clean;
  other(3, 0) = 0.2;  // mse 0.01, peak 2
  other(3, 1) = 2;    // mse 1, peak 1
  EXPECT_NEAR(mean_psnr<double>(clean, other), (10 * std::log10(400.0) + 0) / 2, 1e-12);
}

TEST(recall_evaluation, adds_noise_of_the_deviation_asked_for_column_by_column) {
  const Matrix<double> clean(500, 20);
  const auto noisy = with_noise<double>(clean, 0.3, 7);
  EXPECT_NEAR(patch_deviation<double>(noisy), 0.3, 0.01);
  const auto fewer = with_noise<double>(clean.view().middle_columns(0, 3), 0.3, 7);
  for (std::int64_t i = 0; i < 500; ++i) EXPECT_EQ(fewer(i, 2), noisy(i, 2));
}

TEST(recall_evaluation, finds_a_memory_that_works_and_baselines_in_their_order) {
  const World world = some_world();
  const auto rows =
      evaluate_recall<double>(world.model, world.patches,
                              {.patterns = {5, 10}, .noises = {0.0, 0.5}, .draws = 3, .seed = 1});
  ASSERT_EQ(rows.size(), 2u * 2 * 2 * 2);
  for (const RecallRow& row : rows) {
    EXPECT_EQ(row.cues, 3 * row.patterns);
    EXPECT_NEAR(row.identification_error,
                std::sqrt(row.identification * (1 - row.identification) / double(row.cues)), 1e-12);
    if (row.rule == "tpam") {
      EXPECT_GE(row.identification, 0.9) << row.patterns << " " << row.noise;
    }
    if (row.noise > 0) {
      EXPECT_GT(row.psnr_nearest, row.psnr_random);
      EXPECT_GT(row.psnr_memory, row.psnr_random);
    } else {
      EXPECT_EQ(row.psnr_noisy, std::numeric_limits<double>::infinity());
    }
    EXPECT_EQ(row.noise_absolute, row.noise * patch_deviation<double>(world.patches));
  }
  EXPECT_EQ(columns_of(rows.front()).size(), 17u);
}

TEST(recall_evaluation, is_a_function_of_its_seed) {
  const World world = some_world();
  const RecallEvaluation evaluation{.patterns = {8}, .noises = {0.5}, .draws = 2, .seed = 1};
  const auto a = evaluate_recall<double>(world.model, world.patches, evaluation);
  const auto b = evaluate_recall<double>(world.model, world.patches, evaluation);
  auto other = evaluation;
  other.seed = 2;
  const auto c = evaluate_recall<double>(world.model, world.patches, other);
  EXPECT_EQ(a.front().psnr_memory, b.front().psnr_memory);
  EXPECT_NE(a.front().psnr_memory, c.front().psnr_memory);
}

TEST(recall_evaluation, refuses_more_patterns_than_patches) {
  const World world = some_world();
  EXPECT_THAT(
      [&] {
        evaluate_recall<double>(world.model, world.patches, {.patterns = {41}, .noises = {0}});
      },
      ThrowsMessage<Error>(HasSubstr("41 patterns asked of 40")));
}

}  // namespace
}  // namespace striate
