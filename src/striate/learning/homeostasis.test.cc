#include "striate/learning/homeostasis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "striate/learning/gradient.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::HasSubstr;

LearnSettings with(HomeostasisRule rule, Coder coder) {
  LearnSettings settings{
      .method = LearningMethod::gradient, .coder = coder, .replace = Replace::none};
  settings.gradient.homeostasis.rule = rule;
  return settings;
}

std::string refusal(const LearnSettings& settings) {
  try {
    check_homeostasis("learn", settings);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Homeostasis, RefusesWhereItIsUnsound) {
  for (Coder coder : {Coder::lasso, Coder::omp, Coder::ista})
    EXPECT_THAT(refusal(with(HomeostasisRule::variance, coder)),
                HasSubstr("needs coder ista, penalty log and start projection"));
  LearnSettings log = with(HomeostasisRule::variance, Coder::ista);
  log.penalty = PenaltyName::log;
  EXPECT_THAT(refusal(log), HasSubstr("coder ista, penalty log and start zero, which"));
  log.start = Start::projection;
  EXPECT_EQ(refusal(log), "no error");
  log.atom_norm = AtomNorm::ball;
  EXPECT_THAT(refusal(log), HasSubstr("atom_norm ball"));
  log.gradient.homeostasis.rule = HomeostasisRule::use;
  EXPECT_THAT(refusal(log), HasSubstr("use with coder ista and penalty log"));
  for (Coder coder : {Coder::ols, Coder::elastic_net})
    EXPECT_THAT(refusal(with(HomeostasisRule::use, coder)), HasSubstr("does not follow"));
  for (Coder coder : {Coder::lasso, Coder::group_lasso, Coder::omp, Coder::gradient_descent})
    EXPECT_EQ(refusal(with(HomeostasisRule::use, coder)), "no error");
  LearnSettings online = with(HomeostasisRule::use, Coder::lasso);
  online.method = LearningMethod::online;
  EXPECT_THAT(refusal(online), HasSubstr("of method gradient only"));
}

// One batch of three signals against the formulas of the head.
TEST(Homeostasis, FiguresAreTheFormulas) {
  Matrix<double> z(4, 3);
  z(0, 0) = 2;
  z(0, 1) = -1;
  z(2, 1) = 0.5;
  z(3, 2) = 3;
  const auto codes = SparseCodes<double>::from_dense(z);
  const HomeostasisSettings rule{
      .rule = HomeostasisRule::variance, .rate = 0.1, .exponent = 0.3, .variance_goal = 0.2};
  Homeostasis variance(rule, 4, 1);
  variance.count(codes);
  const double keep = 0.9 * 0.9 * 0.9;
  const double squares[] = {5.0 / 3, 0, 0.25 / 3, 9.0 / 3};
  for (std::size_t k = 0; k < 4; ++k) {
    const double v = keep * 0.2 + (1 - keep) * squares[k];
    EXPECT_NEAR(variance.levels()[k], v, 1e-15);
    EXPECT_NEAR(variance.gains()[k], std::pow(v / 0.2, 0.3), 1e-15);
  }

  HomeostasisSettings by_use = rule;
  by_use.rule = HomeostasisRule::use;
  Homeostasis use(by_use, 4, 2);  // the groups are used by 2 and by 2 signals of 3
  use.count(codes);
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(use.levels()[k], (1 - keep) * 2 / 3, 1e-15);
    EXPECT_NEAR(use.gains()[k], 1, 1e-15);
  }
  Homeostasis single(by_use, 4, 1);  // by 2, 0, 1, 1; mean 1
  single.count(codes);
  const double ratios[] = {2, 1.0 / 16, 1, 1};
  for (std::size_t k = 0; k < 4; ++k)
    EXPECT_NEAR(single.gains()[k], std::pow(ratios[k], -0.3), 1e-14);
  single.reset(0);
  EXPECT_EQ(single.gains()[0], 1);

  Homeostasis restored(by_use, 4, 1);
  restored.restore(single.save());
  EXPECT_TRUE(std::ranges::equal(restored.gains(), single.gains()));
  EXPECT_TRUE(std::ranges::equal(restored.levels(), single.levels()));
  EXPECT_THROW(Homeostasis(by_use, 5, 1).restore(single.save()), Error);
}

TEST(Homeostasis, ScaledAtomsWithUnscaledCodesMakeTheSameSignals) {
  const auto p = plant<double>({.rows = 6, .atoms = 8, .nonzeros = 2, .signals = 5});
  const std::vector<double> gains = {2, 0.5, 4, 1, 0.25, 8, 1, 2};
  const Matrix<double> atoms = scaled(p.dictionary, std::span<const double>(gains));
  const Matrix<double> z = scaled(p.codes, std::span<const double>(gains)).to_dense();
  const Matrix<double> plain = p.codes.to_dense();
  for (std::int64_t k = 0; k < 8; ++k) {
    for (std::int64_t i = 0; i < 6; ++i)
      EXPECT_EQ(atoms(i, k), gains[std::size_t(k)] * p.dictionary(i, k));
    for (std::int64_t j = 0; j < 5; ++j) EXPECT_EQ(z(k, j), gains[std::size_t(k)] * plain(k, j));
  }
}

// Signals that prefer some atoms: from these, atom k is drawn with a probability that falls with k.
Matrix<double> uneven(const Matrix<double>& atoms, std::int64_t n) {
  Matrix<double> signals(atoms.rows(), n);
  const auto noise = random_matrix<double>(atoms.rows() + 4, n, 9);
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t c = 0; c < 3; ++c) {
      const double u = std::abs(noise(c, j)) / 3;  // half-normal: small numbers are frequent
      const auto k = std::min<std::int64_t>(atoms.columns() - 1, std::int64_t(u * 24));
      for (std::int64_t i = 0; i < atoms.rows(); ++i)
        signals(i, j) += (c + 1) * 0.4 * atoms(i, k) + 0.02 * noise(i + 4, j);
    }
  return signals;
}

// How unequal the use of atoms is: standard deviation over mean, counted from codes of the end.
double spread(const std::vector<double>& uses) {
  double mean = 0, squares = 0;
  for (double u : uses) mean += u / double(uses.size());
  for (double u : uses) squares += (u - mean) * (u - mean) / double(uses.size());
  return std::sqrt(squares) / mean;
}

TEST(Homeostasis, UseBecomesMoreEqual) {
  const auto p = plant<double>({.rows = 16, .atoms = 24, .nonzeros = 3, .signals = 1, .seed = 4});
  const auto signals = uneven(p.dictionary, 400);
  for (Coder coder : {Coder::lasso, Coder::omp}) {
    double unequal[2];
    for (bool on : {false, true}) {
      LearnSettings settings = with(on ? HomeostasisRule::use : HomeostasisRule::none, coder);
      if (coder == Coder::omp) settings.nonzeros = 3;
      else settings.lambda = 0.1;
      settings.gradient.homeostasis.exponent = 0.1;
      GradientLearner<double> learner(settings, p.dictionary);
      std::vector<double> gains(24, 1.0);
      for (int t = 0; t < 80; ++t) learner.step(signals);
      const Archive state = learner.save();
      if (on) gains = state.at("homeostasis/gains").to<double>();
      const auto codes =
          detail::encode_batch<double>(
              settings, 0.1,
              Dictionary<double>(scaled(learner.atoms(), std::span<const double>(gains))), signals,
              {})
              .codes;
      std::vector<double> uses(24);
      for (std::size_t e = 0; e < codes.values().size(); ++e)
        uses[std::size_t(codes.indices()[e])] += codes.values()[e] != 0;
      unequal[on] = spread(uses);
      for (std::int64_t k = 0; k < 24; ++k) {  // the atoms themselves keep their length
        double square = 0;
        for (double x : learner.atoms().column(k)) square += x * x;
        EXPECT_NEAR(square, 1, 1e-12);
      }
    }
    EXPECT_GT(unequal[0], 0.3);
    EXPECT_LT(unequal[1], 0.7 * unequal[0]);
  }
}

// Planted coefficients of variances from 0.02 to 0.5: with equal lengths they stay unequal; with the
// rule of 1996 they come near the goal, without an atom that vanishes.
TEST(Homeostasis, VarianceComesToItsGoal) {
  const auto p = plant<double>({.rows = 16, .atoms = 16, .nonzeros = 3, .signals = 400, .seed = 6});
  Matrix<double> signals(16, 400);
  const auto z = p.codes.to_dense();
  for (std::int64_t j = 0; j < 400; ++j)
    for (std::int64_t k = 0; k < 16; ++k)
      for (std::int64_t i = 0; i < 16; ++i)
        signals(i, j) += (0.4 + 0.1 * double(k)) * z(k, j) * p.dictionary(i, k);
  double most[2], least[2];
  for (bool on : {false, true}) {
    LearnSettings settings =
        with(on ? HomeostasisRule::variance : HomeostasisRule::none, Coder::ista);
    settings.lambda = 0.022;
    settings.penalty = PenaltyName::log;
    settings.sigma = 0.316;
    settings.start = Start::projection;
    settings.max_iterations = 200;
    settings.gradient.step_rule = StepRule::plain;
    settings.gradient.homeostasis.exponent = 0.05;
    GradientLearner<double> learner(settings, p.dictionary);
    for (int t = 0; t < 150; ++t) learner.step(signals);
    const auto codes = detail::encode_batch<double>(
                           settings, 0.022, Dictionary<double>(learner.atoms()), signals, {})
                           .codes.to_dense();
    std::vector<double> variances(16);
    for (std::int64_t k = 0; k < 16; ++k)
      for (std::int64_t j = 0; j < 400; ++j)
        variances[std::size_t(k)] += codes(k, j) * codes(k, j) / 400;
    most[on] = *std::ranges::max_element(variances);
    least[on] = *std::ranges::min_element(variances);
    if (on) {
      const auto gains = learner.save().at("homeostasis/gains").to<double>();
      for (std::int64_t k = 0; k < 16; ++k) {
        double square = 0;
        for (double x : learner.atoms().column(k)) square += x * x;
        EXPECT_NEAR(std::sqrt(square), gains[std::size_t(k)], 1e-12);
        EXPECT_GT(square, 0.01);
      }
    }
  }
  EXPECT_GT(most[0] / least[0], 4);
  EXPECT_LT(most[1] / least[1], 2);
  EXPECT_NEAR(std::sqrt(most[1] * least[1]), 0.1, 0.03);
}

}  // namespace
}  // namespace striate
