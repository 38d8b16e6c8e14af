#include "striate/learning/online.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "striate/core/random.h"
#include "striate/dictionaries/constructors.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

double worst_difference(const Matrix<double>& x, const Matrix<double>& y) {
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    worst = std::max(worst, std::abs(x.data()[i] - y.data()[i]));
  return worst;
}

const LearnSettings pairs{.coder = Coder::group_lasso, .lambda = 0.1, .mu = 0.1, .batch = 50};

Matrix<double> saved(const OnlineLearner<double>& learner, const std::string& name) {
  return learner.save().at("statistics/" + name).to_matrix<double>();
}

// The statistics after every batch, from the definition with the codes of the same coder, the sums
// as plain loops.
void expect_statistics(const OnlineSettings& online, std::int64_t batches,
                       const std::vector<double>& betas, double weight) {
  const std::int64_t q = 8;
  const auto signals = random_matrix<double>(12, q * batches, 3);
  const auto start = random_atoms<double>(12, 16, 5, 2);
  LearnSettings settings = pairs;
  settings.replace = Replace::none;
  settings.online = online;
  OnlineLearner<double> learner(settings, start);
  Matrix<double> a(16, 16), b(12, 16);
  for (std::int64_t k = 0; k < 16; ++k) {
    a(k, k) = online.warm_statistics;
    for (std::int64_t i = 0; i < 12; ++i) b(i, k) = online.warm_statistics * start(i, k);
  }
  for (std::int64_t t = 0; t < batches; ++t) {
    const auto batch = signals.view().middle_columns(q * t, q);
    const double beta = betas[std::size_t(t)];
    const auto z = detail::encode_batch<double>(settings, *settings.lambda,
                                                Dictionary<double>(learner.atoms()), batch, {})
                       .codes.to_dense();
    for (std::int64_t k = 0; k < 16; ++k) {
      for (std::int64_t i = 0; i < 16; ++i) {
        a(i, k) *= beta;
        for (std::int64_t j = 0; j < q; ++j) a(i, k) += z(i, j) * z(k, j) / double(q);
      }
      for (std::int64_t i = 0; i < 12; ++i) {
        b(i, k) *= beta;
        for (std::int64_t j = 0; j < q; ++j) b(i, k) += batch(i, j) * z(k, j) / double(q);
      }
    }
    learner.step(batch);
    ASSERT_LT(worst_difference(saved(learner, "A"), a), 1e-12) << t;
    ASSERT_LT(worst_difference(saved(learner, "B"), b), 1e-12) << t;
  }
  EXPECT_NEAR(learner.save().get<double>("statistics", "weight"), weight, 1e-12);
}

TEST(OnlineLearner, KeepsMairalsStatistics) {
  expect_statistics({.forgetting = 2}, 3, {0, 0.25, 4.0 / 9}, 4.0 / 9 * 1.25 + 1);
  expect_statistics({.forgetting = 0, .warm_statistics = 0.5}, 2, {1, 1}, 2);
}

TEST(OnlineLearner, ForgetsAtAConstantRate) {
  expect_statistics({.schedule = Schedule::constant, .decay = 0.5, .warm_statistics = 0.25}, 4,
                    {0.5, 0.5, 0.5, 0.5}, 1.875);
  expect_statistics({.schedule = Schedule::constant, .decay = 0}, 2, {0, 0}, 1);
}

// Batches of q = 8 as scikit-learn counts them, from 0: th = (t + 1) q while t < q - 1, then
// q^2 + t + 1 - q; beta = (th + 1 - q) / (th + 1).
TEST(OnlineLearner, ForgetsBySignals) {
  const double q = 8;
  std::vector<double> betas;
  double weight = 0;
  for (double t = 0; t < 12; ++t) {
    const double th = t < q - 1 ? (t + 1) * q : q * q + t + 1 - q;
    betas.push_back((th + 1 - q) / (th + 1));
    weight = betas.back() * weight + 1;
  }
  EXPECT_DOUBLE_EQ(betas[0], 1.0 / 9);
  EXPECT_DOUBLE_EQ(betas[7], 57.0 / 65);
  expect_statistics({.schedule = Schedule::signals}, 12, betas, weight);
  expect_statistics({.schedule = Schedule::signals, .warm_statistics = 1e-2}, 12, betas, weight);
}

// The more statistics there are to begin with, the less the first batch changes the atoms.
TEST(OnlineLearner, WarmStatisticsHoldTheAtoms) {
  const auto signals = random_matrix<double>(12, 40, 3);
  const auto start = random_atoms<double>(12, 16, 5, 2);
  double before = 2;
  for (const double warm : {0.0, 0.1, 1.0, 1e4}) {
    LearnSettings settings = pairs;
    settings.mu = 0;
    settings.replace = Replace::none;
    settings.online = {.schedule = Schedule::signals, .warm_statistics = warm};
    OnlineLearner<double> learner(settings, start);
    learner.step(signals);
    double change = 0;
    for (std::size_t i = 0; i < start.size(); ++i)
      change += std::pow(learner.atoms().data()[i] - start.data()[i], 2);
    EXPECT_LT(change, before) << warm;
    before = change;
  }
  EXPECT_LT(before, 1e-3);
}

TEST(OnlineLearner, RefusesWarmStatisticsThatAreForgottenAtOnce) {
  LearnSettings settings = pairs;
  settings.online.warm_statistics = 1e-5;
  try {
    OnlineLearner<float> learner(settings, random_atoms<float>(8, 6, 1, 2));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("warm_statistics is 1e-05"));
    EXPECT_THAT(error.what(), testing::HasSubstr("schedule signals or constant"));
  }
}

// Atoms that no signal uses give way to signals, and the statistics forget them.
TEST(OnlineLearner, ReplacesDeadAtoms) {
  const auto p = plant<double>({.rows = 16, .atoms = 8, .nonzeros = 2, .signals = 200, .seed = 4});
  Matrix<double> signals = p.signals, start = random_atoms<double>(16, 10, 1);
  for (std::int64_t j = 0; j < 200; ++j) signals(0, j) = 0;
  for (std::int64_t k = 0; k < 10; ++k)
    for (std::int64_t i = 0; i < 16; ++i) {
      if (k == 6) start(i, k) = i == 0;  // orthogonal to every signal
      else if (i == 0) start(i, k) = 0;
    }
  for (Replace replace : {Replace::worst, Replace::sample, Replace::none}) {
    OnlineLearner<double> learner({.lambda = 0.05, .replace = replace, .min_use = 0.03}, start);
    const StepInfo info = learner.step(signals);
    if (replace == Replace::none) {
      EXPECT_THAT(info.replaced, testing::IsEmpty());
      EXPECT_EQ(learner.atoms()(0, 6), 1);
    } else {
      EXPECT_THAT(info.replaced, testing::ElementsAre(6));
      EXPECT_EQ(learner.atoms()(0, 6), 0);
      EXPECT_EQ(saved(learner, "A")(6, 6), 0);
      learner.step(signals);
      EXPECT_GT(saved(learner, "A")(6, 6), 0);
    }
  }
}

TEST(OnlineLearner, RefusesMuForLargerGroups) {
  LearnSettings settings = pairs;
  settings.group_size = 3;
  try {
    OnlineLearner<float> learner(settings, random_atoms<float>(8, 6, 1, 3));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("online takes mu for pairs only"));
    EXPECT_THAT(error.what(), testing::HasSubstr("gradient takes groups of any size"));
  }
}

}  // namespace
}  // namespace striate
