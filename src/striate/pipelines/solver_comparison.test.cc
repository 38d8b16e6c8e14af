#include "striate/pipelines/solver_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/catalog/convolutional_solvers.h"
#include "striate/convolutional/convolution.h"
#include "striate/dictionaries/log_gabor.h"
#include "striate/images/synthetic.h"

namespace striate {
namespace {

FilterModel<float> some_model() {
  FilterModel<float> model;
  model.taps = log_gabor_atoms<float>({.height = 6, .width = 6, .orientations = 4});
  model.rows = model.columns = 6;
  return model;
}

Image<float> some_image() {
  return dead_leaves<float>({.set = {.images = 1, .rows = 24, .columns = 24}}).front();
}

double objective(const SolverComparison& comparison, const FilterModel<float>& model,
                 const ConvolutionalCodes<float>& codes) {
  const Image<double> made = synthesize<double>(model.bank(), codes);
  double sum = 0;
  for (std::int64_t i = 0; i < made.size(); ++i)
    sum += std::pow(double(comparison.prepared.image.data()[i]) - made.data()[i], 2) / 2;
  for (const float v : codes.values()) sum += comparison.lambda * std::abs(double(v));
  return sum;
}

TEST(solver_comparison, puts_every_solver_above_one_bound) {
  const auto model = some_model();
  const auto comparison = compare_solvers(some_image(), model, {.seconds = 2});
  ASSERT_EQ(comparison.solvers.size(), convolutional_solvers().size() + 1);
  EXPECT_EQ(comparison.solvers.front().name, "reference");
  EXPECT_EQ(comparison.stopped, StopReason::none);
  EXPECT_NEAR(comparison.lambda, 0.05 * comparison.lambda_max, 1e-9);
  double least = 1e30;
  for (const ComparedSolver& solver : comparison.solvers) {
    const double own = objective(comparison, model, solver.codes);
    least = std::min(least, own);
    EXPECT_NEAR(solver.info.objective, own, 1e-5 * own) << solver.name;
    ASSERT_EQ(solver.seconds.size(), solver.objectives.size());
    for (std::size_t i = 0; i < solver.seconds.size(); ++i) {
      EXPECT_GE(solver.objectives[i], comparison.bound * (1 - 1e-6)) << solver.name;
      EXPECT_GE(solver.seconds[i], i > 0 ? solver.seconds[i - 1] : 0);
    }
    EXPECT_TRUE(solver.info.status != Status::converged || !std::isnan(solver.to_hundredth));
  }
  EXPECT_LE(least, comparison.bound * 1.002);
  // The reference: at x as printed, at y in steps of two.
  const ComparedSolver& reference = comparison.solvers.front();
  EXPECT_EQ(reference.seconds_x.size(), std::size_t(reference.info.iterations));
  EXPECT_GE(reference.seconds.size(), 5u);
  EXPECT_EQ(comparison.find("cd")->name, "cd");
  EXPECT_EQ(comparison.find("no"), nullptr);
}

TEST(solver_comparison, ends_when_it_is_stopped) {
  std::stop_source stop;
  stop.request_stop();
  const auto none = compare_solvers(some_image(), some_model(), {}, {.stop = stop.get_token()});
  EXPECT_EQ(none.stopped, StopReason::stopped);
  EXPECT_TRUE(none.solvers.empty());
  EXPECT_EQ(compare_solvers(some_image(), some_model(), {}, {.max_seconds = 1e-6}).stopped,
            StopReason::time_limit);
}

TEST(solver_comparison, refuses_what_has_nothing_to_code) {
  EXPECT_THROW(compare_solvers(Image<float>(20, 20), some_model()), Error);
  EXPECT_THROW(compare_solvers(some_image(), some_model(), {.seconds = 0}), Error);
}

}  // namespace
}  // namespace striate
