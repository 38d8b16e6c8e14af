#include "striate/learning/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/dictionaries/constructors.h"
#include "striate/learning/learn.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

Matrix<double> planted(std::int64_t signals, int group_size = 1) {
  return plant<double>({.rows = 16,
                        .atoms = 24,
                        .nonzeros = 4,
                        .signals = signals,
                        .group_size = group_size,
                        .noise = 0.02,
                        .seed = 5})
      .signals;
}

double orthogonality_of(const Matrix<double>& d) {
  double sum = 0;
  for (std::int64_t p = 0; p < d.columns(); p += 2) {
    double c = 0;
    for (std::int64_t i = 0; i < d.rows(); ++i) c += d(i, p) * d(i, p + 1);
    sum += 2 * std::abs(c);
  }
  return sum;
}

// Coding to a relative gap of 1e-10 bounds any rise by it.
TEST(BatchLearner, CostNeverRises) {
  for (const bool pairs : {false, true})
    for (const bool positive : {false, true})
      for (const AtomNorm norm : {AtomNorm::unit, AtomNorm::ball}) {
        if (pairs && (positive || norm == AtomNorm::ball)) continue;
        const LearnSettings settings{.method = LearningMethod::batch,
                                     .coder = pairs ? Coder::group_lasso : Coder::lasso,
                                     .lambda = 0.1,
                                     .mu = pairs ? 0.02 : 0,
                                     .positive_atoms = positive,
                                     .atom_norm = norm,
                                     .tolerance = 1e-10,
                                     .replace = Replace::none};
        const auto signals = planted(300, pairs ? 2 : 1);
        BatchLearner<double> learner(settings, random_atoms<double>(16, 24, 7, pairs ? 2 : 1));
        double before = 1e300, first = 0;
        for (int t = 0; t < 15; ++t) {
          const double penalty = settings.mu * (pairs ? orthogonality_of(learner.atoms()) : 0);
          const double cost = learner.step(signals).objective + penalty;
          EXPECT_LE(cost, before * (1 + 1e-9)) << t;
          before = cost;
          if (t == 0) first = cost;
        }
        EXPECT_LT(before, 0.95 * first);
        for (double x : std::span(learner.atoms().data(), learner.atoms().size()))
          EXPECT_TRUE(!positive || x >= 0);
      }
}

// Blocks of the source make no difference: 5000 signals are read in two.
TEST(BatchLearner, UsesAllSignalsOfTheSource) {
  const auto signals = planted(5000);
  LearnSettings settings{
      .method = LearningMethod::batch, .lambda = 0.1, .tolerance = 1e-10, .replace = Replace::none};
  BatchLearner<double> learner(settings, random_atoms<double>(16, 24, 7));
  Matrix<double> a(24, 24), b(16, 24), atoms = learner.atoms();
  const auto z =
      detail::encode_batch<double>(settings, 0.1, Dictionary<double>(atoms), signals, {}).codes;
  detail::add_statistics<double>(a, b, 0, 1.0 / 5000, signals, z, {});
  detail::descend(settings, 1, 0, a, b, atoms, {});
  learner.step(signals);
  for (std::size_t i = 0; i < atoms.size(); ++i)
    EXPECT_NEAR(learner.atoms().data()[i], atoms.data()[i], 1e-9);
}

TEST(BatchLearner, RefusesBadSignalsByTheirNumber) {
  auto signals = planted(5000);
  signals(3, 4500) = std::nan("");
  for (LearningMethod method : {LearningMethod::batch, LearningMethod::mod, LearningMethod::ksvd}) {
    const auto learner =
        make_learner<double>({.method = method, .lambda = 0.1}, random_atoms<double>(16, 24, 7));
    try {
      learner->step(signals);
      FAIL();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("signal 4500 holds NaN"));
    }
    EXPECT_EQ(learner->steps(), 0);
  }
}

// History, resuming and threads for all methods that learn from the whole source, with a coder that
// begins anew and one that goes on.
TEST(WholeSource, ResumedAnywhereEndsInTheSameBits) {
  const auto signals = planted(700);
  const MatrixSource<double> source(signals);
  for (LearningMethod method : {LearningMethod::batch, LearningMethod::mod, LearningMethod::ksvd})
    for (const Coder coder : {Coder::omp, Coder::lasso}) {
      LearnSettings settings{
          .method = method, .coder = coder, .atoms = 24, .steps = 6, .held_out = 100};
      if (coder == Coder::omp) settings.nonzeros = 4;
      else settings.lambda = 0.05;
      std::vector<Archive> states;
      LearnJob<double> whole(source, settings);
      const auto expected = learn<double>(whole, {.threads = 1}, [&](const LearnJob<double>& job) {
        states.push_back(job.save());
      });
      ASSERT_GE(states.size(), 6u);
      ASSERT_EQ(expected.history.size(), 7u);
      EXPECT_EQ(expected.history.back().signals, 6 * 600);
      EXPECT_LT(expected.history.back().held_out_objective,
                0.8 * expected.history.front().held_out_objective);
      for (const Archive& state : states) {
        LearnJob<double> job(source, settings, state);
        EXPECT_EQ(learn(job, {.threads = 3}).atoms, expected.atoms);
      }
    }
}

TEST(WholeSource, RefusesWhatItHasNot) {
  const auto atoms = random_atoms<double>(16, 24, 7, 2);
  const auto refusal = [&](const LearnSettings& settings) -> std::string {
    try {
      make_learner<double>(settings, atoms);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  for (LearningMethod method : {LearningMethod::mod, LearningMethod::ksvd}) {
    EXPECT_THAT(refusal({.method = method, .lambda = 0.1, .positive_atoms = true}),
                testing::HasSubstr("has no positive_atoms; online, batch and gradient have"));
    EXPECT_THAT(refusal({.method = method, .lambda = 0.1, .atom_norm = AtomNorm::ball}),
                testing::HasSubstr("has no atom_norm ball"));
    EXPECT_THAT(refusal({.method = method, .coder = Coder::group_lasso, .lambda = 0.1, .mu = 1}),
                testing::HasSubstr("has no mu"));
  }
}

}  // namespace
}  // namespace striate
