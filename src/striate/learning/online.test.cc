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

// The statistics after two batches, from the definition with the codes of the same coder.
TEST(OnlineLearner, KeepsMairalsStatistics) {
  const auto signals = random_matrix<double>(12, 80, 3);
  const auto start = random_atoms<double>(12, 16, 5, 2);
  LearnSettings settings = pairs;
  settings.replace = Replace::none;
  settings.online.forgetting = 2;
  OnlineLearner<double> learner(settings, start);
  Matrix<double> a(16, 16), b(12, 16);
  for (int t = 1; t <= 2; ++t) {
    const auto batch = signals.view().middle_columns(40 * (t - 1), 40);
    const double beta = std::pow(1 - 1.0 / t, 2);
    const auto z = detail::encode_batch<double>(settings, *settings.lambda,
                                                Dictionary<double>(learner.atoms()), batch, {})
                       .codes.to_dense();
    for (std::int64_t k = 0; k < 16; ++k) {
      for (std::int64_t i = 0; i < 16; ++i) {
        a(i, k) *= beta;
        for (std::int64_t j = 0; j < 40; ++j) a(i, k) += z(i, j) * z(k, j) / 40;
      }
      for (std::int64_t i = 0; i < 12; ++i) {
        b(i, k) *= beta;
        for (std::int64_t j = 0; j < 40; ++j) b(i, k) += batch(i, j) * z(k, j) / 40;
      }
    }
    learner.step(batch);
  }
  const Archive statistics = learner.statistics();
  EXPECT_LT(worst_difference(statistics.at("A").to_matrix<double>(), a), 1e-12);
  EXPECT_LT(worst_difference(statistics.at("B").to_matrix<double>(), b), 1e-12);
  EXPECT_DOUBLE_EQ(statistics.get<double>("", "weight"), 1.25);
}

// Shards that code with the same atoms and one that codes all of it end in the same update.
TEST(OnlineLearner, MergedShardsUpdateLikeOne) {
  const auto signals = random_matrix<double>(12, 120, 3);
  const auto start = random_atoms<double>(12, 16, 5, 2);
  LearnSettings settings = pairs;
  settings.online.forgetting = 0;
  OnlineLearner<double> one(settings, start), left(settings, start), right(settings, start);
  for (int t = 0; t < 3; ++t) {
    const auto batch = signals.view().middle_columns(40 * t, 40);
    one.accumulate(batch);
    (t == 1 ? right : left).accumulate(batch);
  }
  EXPECT_EQ(one.atoms(), left.atoms());
  const std::vector<Archive> parts{left.statistics(), right.statistics()};
  left.set_statistics(merge_statistics(parts));
  left.update();
  one.update();
  EXPECT_LT(worst_difference(one.atoms(), left.atoms()), 1e-12);
  EXPECT_GT(worst_difference(one.atoms(), start), 1e-3);
  EXPECT_EQ(left.steps(), 3);
  EXPECT_EQ(left.atoms_in_use(), one.atoms_in_use());
}

TEST(OnlineLearner, MergeRefusesWhatDoesNotFit) {
  OnlineLearner<double> a(pairs, random_atoms<double>(12, 16, 5, 2));
  OnlineLearner<double> b(pairs, random_atoms<double>(12, 18, 5, 2));
  OnlineLearner<float> c(pairs, random_atoms<float>(12, 16, 5, 2));
  EXPECT_THROW(merge_statistics({}), Error);
  const std::vector<Archive> shapes{a.statistics(), b.statistics()};
  const std::vector<Archive> types{a.statistics(), c.statistics()};
  EXPECT_THROW(merge_statistics(shapes), Error);
  EXPECT_THROW(merge_statistics(types), Error);
  EXPECT_THROW(a.set_statistics(b.statistics()), Error);
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
      EXPECT_EQ(learner.statistics().at("A").to_matrix<double>()(6, 6), 0);
      learner.step(signals);
      EXPECT_GT(learner.statistics().at("A").to_matrix<double>()(6, 6), 0);
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
