#include "striate/solvers/lars.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/core/random.h"
#include "striate/dictionaries/constructors.h"
#include "striate/solvers/fista.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"
#include "tests/problems/scikit_learn.h"
#include "tests/problems/sign_patterns.h"

namespace striate {
namespace {

// The minimisers' objectives; scikit-learn's own path is not the minimiser where codes are positive.
TEST(Lars, ReachesTheObjectivesOfScikitLearn) {
  const Dictionary<double> dictionary(scikit_learn_atoms());
  const Matrix<double> signals = scikit_learn_signals();
  const auto one = lars(dictionary, signals, {.lambda = 1, .tolerance = 1e-12});
  EXPECT_TRUE(one.info.converged());
  EXPECT_EQ(one.codes.nonzeros(), 35);
  EXPECT_NEAR(one.info.objective(), 38.9204480352, 1e-10);
  const auto tenth = lars(dictionary, signals, {.lambda = 0.1, .tolerance = 1e-12});
  EXPECT_TRUE(tenth.info.converged());
  EXPECT_EQ(tenth.codes.nonzeros(), 75);
  EXPECT_NEAR(tenth.info.objective(), 7.4932291309, 1e-10);
  const auto positive =
      lars(dictionary, signals, {.lambda = 0.1, .tolerance = 1e-12, .positive = true});
  EXPECT_TRUE(positive.info.converged());
  EXPECT_EQ(positive.codes.nonzeros(), 46);
  EXPECT_NEAR(positive.info.objective(), 22.9578110935, 1e-10);
}

TEST(Lars, IsTheBestOfAllSignPatterns) {
  for (const bool positive : {false, true})
    for (const double lambda : {1e-3, 0.1, 0.5}) {
      const auto p = plant({.rows = 5, .atoms = 6, .signals = 8, .noise = 0.3, .seed = 2});
      const JudgedPenalty penalty{
          .lambda = lambda, .positive = positive, .weights = {1, 0.5, 2, 1, 1, 3}};
      const auto [codes, info] = lars(Dictionary<double>(p.dictionary), p.signals,
                                      {.lambda = lambda,
                                       .tolerance = 1e-12,
                                       .positive = positive,
                                       .penalty_weights = penalty.weights});
      const Judge judge(p.dictionary.view(), penalty);
      EXPECT_TRUE(info.converged());
      for (std::int64_t j = 0; j < 8; ++j) {
        const auto y = p.signals.view().column(j);
        const auto best = best_of_all_signs(p.dictionary, y, penalty), z = judge.dense(codes[j]);
        for (std::size_t k = 0; k < 6; ++k) EXPECT_NEAR(z[k], best[k], 1e-9);
      }
    }
}

TEST(Lars, AgreesWithDescentAndProximalGradient) {
  auto p = plant({.rows = 30, .atoms = 60, .nonzeros = 10, .signals = 8, .noise = 0.2, .seed = 4});
  for (int k = 1; k < 60; ++k)
    for (int i = 0; i < 30; ++i) p.dictionary(i, k) += 0.6 * p.dictionary(i, k - 1);
  const Dictionary<double> dictionary(p.dictionary);
  for (const double lambda : {0.02, 0.2})
    for (const bool positive : {false, true}) {
      const auto a =
          lars(dictionary, p.signals, {.lambda = lambda, .tolerance = 1e-10, .positive = positive});
      const auto b = lasso(dictionary, p.signals,
                           {.lambda = lambda, .tolerance = 1e-12, .positive = positive});
      const auto c = fista(
          dictionary, p.signals,
          {.lambda = lambda, .tolerance = 1e-10, .max_iterations = 100000, .positive = positive});
      EXPECT_TRUE(a.info.converged());
      for (std::size_t j = 0; j < 8; ++j) {
        const double objective = a.info.signals[j].objective;
        EXPECT_NEAR(objective, b.info.signals[j].objective, 1e-8 * objective);
        EXPECT_NEAR(objective, c.info.signals[j].objective, 1e-8 * objective);
        EXPECT_LT(a.info.signals[j].relative_gap, 1e-13);
      }
    }
}

// Every breakpoint, and a point between any two, is the minimiser for its lambda.
TEST(Lars, PathIsOptimalEverywhere) {
  const auto p = plant({.rows = 16, .atoms = 40, .nonzeros = 8, .signals = 4, .noise = 0.3});
  const Dictionary<double> dictionary(p.dictionary);
  for (const bool positive : {false, true})
    for (std::int64_t j = 0; j < 4; ++j) {
      const auto y = p.signals.view().column(j);
      const auto path = lars_path(dictionary, y, {.lambda_relative = 1e-3, .positive = positive});
      EXPECT_EQ(path.info.status, Status::converged);
      ASSERT_EQ(path.codes.signals(), std::ssize(path.lambdas));
      EXPECT_EQ(path.codes[0].nonzeros(), 0u);
      EXPECT_GT(path.lambdas.size(), 10u);
      EXPECT_NEAR(path.lambdas.back(), 1e-3 * path.lambdas.front(), 1e-12);
      const Matrix<double> z = path.codes.to_dense();
      for (std::size_t i = 1; i < path.lambdas.size(); ++i) {
        EXPECT_LT(path.lambdas[i], path.lambdas[i - 1]);
        for (const double part : {0.0, 0.4}) {
          std::vector<double> between(40);
          for (std::size_t k = 0; k < 40; ++k)
            between[k] = part * z(std::int64_t(k), std::int64_t(i) - 1) +
                         (1 - part) * z(std::int64_t(k), std::int64_t(i));
          const double lambda = part * path.lambdas[i - 1] + (1 - part) * path.lambdas[i];
          const Judge judge(p.dictionary.view(), {.lambda = lambda, .positive = positive});
          EXPECT_LT(judge.distance_to_subdifferential(y, between), 1e-10);
        }
      }
    }
}

// Atoms and signals of small whole numbers: many ties, repeated, opposite and dependent atoms, and
// atoms that drop in the same moment as others join.
TEST(Lars, EndsAndIsOptimalWhereAtomsTie) {
  int steps = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Random random(seed, stream("ties"), 0);
    const auto rows = std::int64_t(2 + random.below(6)), atoms = std::int64_t(1 + random.below(14));
    Matrix<double> d(rows, atoms), y(rows, 1);
    for (std::size_t i = 0; i < d.size(); ++i) d.data()[i] = double(random.below(3)) - 1;
    for (std::size_t i = 0; i < y.size(); ++i) y.data()[i] = double(random.below(5)) - 2;
    const Dictionary<double> dictionary(d);
    for (const bool positive : {false, true})
      for (const double lambda : {0.5, 1e-3}) {
        const auto [codes, info] =
            lars(dictionary, y, {.lambda = lambda, .tolerance = 1e-10, .positive = positive});
        const Judge judge(d.view(), {.lambda = lambda, .positive = positive});
        EXPECT_EQ(info.signals[0].status, Status::converged) << seed << positive << lambda;
        EXPECT_LE(judge.distance_to_subdifferential(y.view().column(0), codes[0]), 1e-9)
            << seed << positive << lambda;
        EXPECT_LE(codes[0].nonzeros(), std::size_t(rows));
        EXPECT_LT(info.signals[0].iterations, 100) << seed;
        steps += info.signals[0].iterations;
      }
  }
  EXPECT_LT(steps, 400 * 4 * 12);
}

template <class T>
void expect_duplicates_do_not_matter(double tolerance) {
  auto p = plant<T>({.rows = 20, .atoms = 40, .nonzeros = 8, .signals = 30, .noise = 0.1});
  for (int i = 0; i < 20; ++i) {
    p.dictionary(i, 1) = p.dictionary(i, 0);
    p.dictionary(i, 3) = p.dictionary(i, 2) * (1 + T(1e-6));
    p.dictionary(i, 5) = 0;
    p.dictionary(i, 6) *= 30;
    p.dictionary(i, 8) = p.dictionary(i, 7) + T(1e-4) * p.dictionary(i, 9);
  }
  const Judge judge(p.dictionary.view(), {.lambda = 0.05});
  const auto [codes, info] =
      lars<T>(Dictionary<T>(p.dictionary), p.signals, {.lambda = 0.05, .tolerance = tolerance});
  EXPECT_TRUE(info.converged());
  for (int j = 0; j < 30; ++j) {
    EXPECT_LT(judge.relative_gap(p.signals.column(j), codes[j]), 1.1 * tolerance);
    EXPECT_EQ(judge.dense(codes[j])[5], 0);
  }
}

TEST(Lars, DuplicatesNearDuplicatesAndLongAtomsDoNotMatter) {
  expect_duplicates_do_not_matter<double>(1e-10);
  expect_duplicates_do_not_matter<float>(4e-5);  // rounding of an atom of norm 30
}

// As many atoms as rows in use, down to a lambda of almost nothing.
TEST(Lars, ReachesTinyLambdas) {
  const auto p = plant({.rows = 12, .atoms = 60, .nonzeros = 4, .signals = 10, .noise = 0.5});
  const auto [codes, info] = lars(Dictionary<double>(p.dictionary), p.signals,
                                  {.lambda_relative = 1e-9, .tolerance = 1e-6});
  EXPECT_TRUE(info.converged());
  for (std::int64_t j = 0; j < 10; ++j) {
    const auto y = p.signals.view().column(j);
    const double lambda = 1e-9 * Judge(p.dictionary.view(), {}).lambda_max(y);
    EXPECT_LT(Judge(p.dictionary.view(), {.lambda = lambda}).relative_gap(y, codes[j]), 1e-6);
  }
}

TEST(Lars, StopsAtANumberOfNonzeros) {
  const auto p = plant({.rows = 24, .atoms = 48, .nonzeros = 6, .signals = 10, .noise = 0.2});
  const Dictionary<double> dictionary(p.dictionary);
  for (const int nonzeros : {1, 5, 12}) {
    const auto [codes, info] = lars(dictionary, p.signals, {.nonzeros = nonzeros});
    EXPECT_TRUE(info.converged());
    for (std::int64_t j = 0; j < 10; ++j) {
      const auto y = p.signals.view().column(j);
      EXPECT_EQ(codes[j].nonzeros(), std::size_t(nonzeros));
      EXPECT_LT(info.signals[std::size_t(j)].relative_gap, 1e-12);
      // It is the minimiser for the lambda at which one more atom would have joined.
      const auto path = lars_path(dictionary, y, {.nonzeros = nonzeros});
      const Judge judge(p.dictionary.view(), {.lambda = path.lambdas.back()});
      EXPECT_LT(judge.relative_gap(y, codes[j]), 1e-12);
      const auto more = lasso(dictionary, p.signals.view().middle_columns(j, 1),
                              {.lambda = 0.999 * path.lambdas.back(), .tolerance = 1e-12});
      EXPECT_GT(more.codes.nonzeros(), nonzeros);
    }
  }
  // Lambda may come first; without it the path ends at least squares.
  EXPECT_EQ(lars(dictionary, p.signals, {.lambda_relative = 0.99, .nonzeros = 12}).info.worst_gap(),
            lars(dictionary, p.signals, {.lambda_relative = 0.99}).info.worst_gap());
  const Dictionary<double> few(p.dictionary.view().middle_columns(0, 5));
  const auto [codes, info] = lars(few, p.signals, {.nonzeros = 12});
  const Judge judge(p.dictionary.view().middle_columns(0, 5), {});
  for (std::int64_t j = 0; j < 10; ++j) {
    EXPECT_EQ(info.signals[std::size_t(j)].status, Status::exhausted);
    EXPECT_TRUE(std::isnan(info.signals[std::size_t(j)].relative_gap));
    for (double g : judge.gradient(p.signals.view().column(j), judge.dense(codes[j])))
      EXPECT_NEAR(g, 0, 1e-12);
  }
}

// Every atom in use keeps a correlation of lambda with the sign it joined with, no other exceeds it,
// and none leaves; with orthonormal atoms both modes shrink.
TEST(Lars, PlainModeKeepsItsAtomsEquallyCorrelated) {
  const auto p = plant({.rows = 16, .atoms = 40, .nonzeros = 8, .signals = 6, .noise = 0.3});
  const Dictionary<double> dictionary(p.dictionary);
  const Judge judge(p.dictionary.view(), {});
  int different = 0;
  for (std::int64_t j = 0; j < 6; ++j) {
    const auto y = p.signals.view().column(j);
    const auto path = lars_path(dictionary, y, {.lambda_relative = 0.01, .mode = LarsMode::lars});
    EXPECT_TRUE(std::isnan(path.info.relative_gap));
    for (std::int64_t i = 0; i < path.codes.signals(); ++i) {
      const double lambda = path.lambdas[std::size_t(i)];
      const auto g = judge.gradient(y, judge.dense(path.codes[i]));
      for (double x : g) EXPECT_LE(std::abs(x), lambda * (1 + 1e-10));
      for (std::int32_t k : path.codes[i].indices)
        EXPECT_NEAR(std::abs(g[std::size_t(k)]), lambda, 1e-10);
      EXPECT_GE(path.codes[i].nonzeros(), path.codes[std::max(i - 1, std::int64_t{0})].nonzeros());
    }
    const auto other = lars_path(dictionary, y, {.lambda_relative = 0.01});
    different += other.lambdas != path.lambdas;
  }
  EXPECT_GT(different, 0);
  const auto atoms = random_atoms<double>(12, 12, 1, 12);
  const Matrix<double> signals = random_matrix<double>(12, 5, 2);
  const Dictionary<double> orthonormal(atoms);
  const Matrix<double> z =
      lars(orthonormal, signals, {.lambda = 0.3, .mode = LarsMode::lars}).codes.to_dense();
  const Matrix<double> x = lasso(orthonormal, signals, {.lambda = 0.3}).codes.to_dense();
  for (std::size_t i = 0; i < z.size(); ++i) EXPECT_NEAR(z.data()[i], x.data()[i], 1e-12);
}

TEST(Lars, TakesWeightsOfZero) {
  const auto p = plant({.rows = 12, .atoms = 30, .nonzeros = 8, .signals = 5, .noise = 0.3});
  std::vector<double> weights(30, 1.0);
  for (std::size_t k = 0; k < 8; k += 2) weights[k] = 0;
  const Judge judge(p.dictionary.view(), {.lambda = 0.2, .weights = weights});
  const auto [codes, info] = lars(Dictionary<double>(p.dictionary), p.signals,
                                  {.lambda = 0.2, .tolerance = 1e-9, .penalty_weights = weights});
  EXPECT_TRUE(info.converged());
  for (std::int64_t j = 0; j < 5; ++j)
    EXPECT_LT(judge.distance_to_subdifferential(p.signals.column(j), codes[j]), 1e-12);
}

TEST(Lars, DoesAboutOneStepPerNonzero) {
  const auto p = plant<float>(
      {.rows = 64, .atoms = 512, .nonzeros = 6, .signals = 100, .noise = 0.02, .seed = 3});
  const auto [codes, info] =
      lars<float>(Dictionary<float>(p.dictionary), p.signals, {.lambda = 0.1});
  EXPECT_TRUE(info.converged());
  EXPECT_LT(info.work.iterations, codes.nonzeros() * 3);
  EXPECT_EQ(info.work.gradients, 200);  // D'y and the certificate
}

TEST(Lars, SaysWhatIsWrong) {
  const auto p = plant({.rows = 8, .atoms = 8, .signals = 2});
  const Dictionary<double> dictionary(p.dictionary);
  const auto refusal = [&](const LarsSettings& settings, const char* text) {
    EXPECT_THAT([&] { lars(dictionary, p.signals, settings); },
                testing::ThrowsMessage<Error>(
                    testing::AllOf(testing::StartsWith("lars: "), testing::HasSubstr(text))));
  };
  refusal({}, "lambda and lambda_relative are both missing");
  refusal({.nonzeros = 0}, "nonzeros");
  refusal({.lambda = 1, .lambda_relative = 1, .nonzeros = 2}, "both given");
  refusal({.lambda = 1, .mode = LarsMode::lars, .positive = true}, "mode lars");
  refusal({.lambda = 1, .positive = true, .penalty_weights = std::vector<double>(8, 0.0)},
          "penalty weight of 0");
}

}  // namespace
}  // namespace striate
