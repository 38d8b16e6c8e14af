#include "striate/solvers/elastic_net.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/dictionaries/constructors.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"
#include "tests/problems/sign_patterns.h"

namespace striate {
namespace {

TEST(ElasticNet, IsTheBestOfAllSignPatterns) {
  for (const bool positive : {false, true})
    for (const double l2 : {1e-3, 0.5, 4.0}) {
      const auto p = plant({.rows = 5, .atoms = 6, .signals = 6, .noise = 0.3, .seed = 2});
      const JudgedPenalty penalty{.lambda = 0.2, .positive = positive, .l2 = l2};
      const Judge judge(p.dictionary.view(), penalty);
      const auto [codes, info] =
          elastic_net(Dictionary<double>(p.dictionary), p.signals,
                      {.lambda = 0.2, .l2 = l2, .tolerance = 1e-13, .positive = positive});
      for (std::int64_t j = 0; j < 6; ++j) {
        const auto y = p.signals.view().column(j);
        const auto best = best_of_all_signs(p.dictionary, y, penalty), z = judge.dense(codes[j]);
        EXPECT_NEAR(judge.objective(y, z), judge.objective(y, best), 1e-11);
        for (std::size_t k = 0; k < 6; ++k) EXPECT_NEAR(z[k], best[k], 1e-5);
      }
    }
}

TEST(ElasticNet, IsTheLassoOfLongerAtoms) {
  const auto p = plant({.rows = 20, .atoms = 40, .nonzeros = 8, .signals = 10, .noise = 0.1});
  const double l2 = 0.3;
  Matrix<double> atoms(60, 40), signals(60, 10);
  for (int k = 0; k < 40; ++k) {
    std::ranges::copy(p.dictionary.column(k), atoms.column(k).begin());
    atoms(20 + k, k) = std::sqrt(l2);
  }
  for (int j = 0; j < 10; ++j) std::ranges::copy(p.signals.column(j), signals.column(j).begin());
  const auto a = elastic_net(Dictionary<double>(p.dictionary), p.signals,
                             {.lambda = 0.1, .l2 = l2, .tolerance = 1e-13});
  const auto b = lasso(Dictionary<double>(atoms), signals, {.lambda = 0.1, .tolerance = 1e-13});
  const Matrix<double> z = a.codes.to_dense(), x = b.codes.to_dense();
  for (std::size_t i = 0; i < z.size(); ++i) EXPECT_NEAR(z.data()[i], x.data()[i], 1e-6);
  for (std::size_t j = 0; j < 10; ++j)
    EXPECT_NEAR(a.info.signals[j].objective, b.info.signals[j].objective, 1e-11);
}

TEST(ElasticNet, WithoutL2IsTheLasso) {
  const auto p = plant<float>({.rows = 20, .atoms = 40, .signals = 10, .noise = 0.1});
  const Dictionary<float> dictionary(p.dictionary);
  EXPECT_TRUE(elastic_net<float>(dictionary, p.signals, {.lambda = 0.1}).codes ==
              lasso<float>(dictionary, p.signals, {.lambda = 0.1}).codes);
}

TEST(ElasticNet, ShrinksTwiceWithOrthonormalAtoms) {
  const auto atoms = random_atoms<double>(12, 12, 1, 12);
  const Matrix<double> signals = random_matrix<double>(12, 5, 2);
  const auto [codes, info] =
      elastic_net(Dictionary<double>(atoms), signals, {.lambda = 0.3, .l2 = 2});
  const Matrix<double> z = codes.to_dense();
  for (int j = 0; j < 5; ++j)
    for (int k = 0; k < 12; ++k) {
      double b = 0;
      for (int i = 0; i < 12; ++i) b += atoms(i, k) * signals(i, j);
      EXPECT_NEAR(z(k, j), std::copysign(std::max(std::abs(b) - 0.3, 0.0), b) / 3, 1e-12);
    }
}

TEST(ElasticNet, EqualAtomsShareTheirCoefficient) {
  auto p = plant({.rows = 20, .atoms = 10, .nonzeros = 3, .signals = 8, .noise = 0.1});
  for (int i = 0; i < 20; ++i) {
    p.dictionary(i, 1) = p.dictionary(i, 0);
    p.dictionary(i, 3) = -p.dictionary(i, 2);
    p.dictionary(i, 5) = 0;
  }
  const auto [codes, info] = elastic_net(Dictionary<double>(p.dictionary), p.signals,
                                         {.lambda = 0.05, .l2 = 0.1, .tolerance = 1e-13});
  EXPECT_TRUE(info.converged());
  const Matrix<double> z = codes.to_dense();
  for (int j = 0; j < 8; ++j) {
    EXPECT_NEAR(z(0, j), z(1, j), 1e-5);
    EXPECT_NEAR(z(2, j), -z(3, j), 1e-5);
    EXPECT_EQ(z(5, j), 0);
  }
}

// Weight 0 leaves ridge regression on an atom.
TEST(ElasticNet, TakesWeightsOfZero) {
  const auto p = plant({.rows = 12, .atoms = 30, .nonzeros = 8, .signals = 5, .noise = 0.3});
  std::vector<double> weights(30, 1.0);
  for (std::size_t k = 0; k < 24; k += 2) weights[k] = 0;
  const Judge judge(p.dictionary.view(), {.lambda = 0.2, .weights = weights, .l2 = 0.1});
  const auto [codes, info] =
      elastic_net(Dictionary<double>(p.dictionary), p.signals,
                  {.lambda = 0.2, .l2 = 0.1, .tolerance = 1e-11, .penalty_weights = weights});
  EXPECT_TRUE(info.converged());
  for (std::int64_t j = 0; j < 5; ++j)
    EXPECT_LT(judge.distance_to_subdifferential(p.signals.column(j), codes[j]), 1e-5);
}

TEST(ElasticNet, CertifiesCoherentAtomsInFewPasses) {
  auto p = plant<float>({.rows = 64, .atoms = 256, .nonzeros = 20, .signals = 50, .noise = 0.1});
  for (int k = 1; k < 256; ++k)
    for (int i = 0; i < 64; ++i) p.dictionary(i, k) += 0.8f * p.dictionary(i, k - 1);
  const auto [codes, info] = elastic_net(Dictionary<float>(p.dictionary), p.signals,
                                         {.lambda = 0.05, .l2 = 0.5, .tolerance = 1e-5});
  EXPECT_TRUE(info.converged());
  EXPECT_LT(info.work.iterations, 50 * 100);
  const Judge judge(p.dictionary.view(), {.lambda = 0.05, .l2 = 0.5});
  for (std::int64_t j = 0; j < 50; ++j)
    EXPECT_LT(judge.relative_gap(p.signals.column(j), codes[j]), 1.05e-5);
}

TEST(ElasticNet, SaysWhatIsWrong) {
  const auto p = plant({.rows = 8, .atoms = 8, .signals = 2});
  const Dictionary<double> dictionary(p.dictionary);
  EXPECT_THAT([&] { elastic_net(dictionary, p.signals, {.lambda = 1, .l2 = -1}); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("l2")));
}

}  // namespace
}  // namespace striate
