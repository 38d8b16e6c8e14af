// The solvers of the table that give all codes on the way: every step is what the solver gives when it
// is asked for that step alone; with weights on the data too; others refuse and name these.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/catalog/solvers.h"
#include "striate/catalog/testing.test.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::int64_t rows = 20, atoms = 40, count = 24;

Planted<double> planted() {
  return plant<double>(
      {.rows = rows, .atoms = atoms, .nonzeros = 4, .signals = count, .noise = 0.1, .seed = 3});
}

// Ones; or weights with zeros, some columns alike.
Matrix<double> weights_for(bool weighted) {
  Matrix<double> weights(rows, count);
  for (std::int64_t j = 0; j < count; ++j)
    for (std::int64_t i = 0; i < rows; ++i)
      weights(i, j) = weighted ? double((i * 7 + j / 2) % 4) / 2 : 1;
  return weights;
}

double weighted_residual(const Planted<double>& p, const Matrix<double>& weights, std::int64_t j,
                         const CodeView<double>& code) {
  double sum = 0;
  for (std::int64_t i = 0; i < rows; ++i) {
    double r = p.signals(i, j);
    for (std::size_t k = 0; k < code.nonzeros(); ++k)
      r -= code.values[k] * p.dictionary(i, code.indices[k]);
    sum += weights(i, j) * r * r;
  }
  return sum;
}

TEST(Paths, OfPursuitsHaveEveryNumberOfAtoms) {
  const auto p = planted();
  const Dictionary<double> dictionary(p.dictionary.view());
  for (const SolverEntry& entry : solvers()) {
    if (!entry.path_double || !pursues(entry)) continue;
    for (bool weighted : {false, true}) {
      const Matrix<double> weights = weights_for(weighted);
      const auto path = encode_path<double>(entry.name, dictionary, p.signals, {{"nonzeros", 6.0}},
                                            {}, weights.view());
      ASSERT_EQ(path.codes.size(), std::size_t(count));
      for (std::int64_t k = 1; k <= 6; ++k) {
        const auto alone = encode<double>(entry.name, dictionary, p.signals,
                                          {{"nonzeros", double(k)}}, nullptr, {}, weights.view());
        for (std::int64_t j = 0; j < count; ++j) {
          const auto& steps = path.codes[std::size_t(j)];
          ASSERT_EQ(steps.signals(), 6) << entry.name;
          EXPECT_TRUE(std::ranges::equal(steps[k - 1].indices, alone.codes[j].indices));
          for (std::size_t i = 0; i < steps[k - 1].nonzeros(); ++i)
            EXPECT_NEAR(steps[k - 1].values[i], alone.codes[j].values[i], 1e-12) << entry.name;
          EXPECT_NEAR(path.residuals[std::size_t(j)][std::size_t(k - 1)],
                      weighted_residual(p, weights, j, steps[k - 1]), 1e-12)
              << entry.name;
          EXPECT_TRUE(path.lambdas[std::size_t(j)].empty()) << entry.name;
        }
      }
    }
  }
}

TEST(Paths, OfLambdaHaveTheMinimiserAtEveryBreakpoint) {
  const auto p = planted();
  const Dictionary<double> dictionary(p.dictionary.view());
  for (const SolverEntry& entry : solvers()) {
    if (!entry.path_double || pursues(entry)) continue;
    for (bool weighted : {false, true}) {
      const Matrix<double> weights = weights_for(weighted);
      std::vector<double> ends;  // one lambda per signal
      for (std::int64_t j = 0; j < count; ++j) ends.push_back(0.05 + 0.01 * double(j));
      const auto path = encode_path<double>(entry.name, dictionary, p.signals, {{"lambda", ends}},
                                            {}, weights.view());
      EXPECT_TRUE(path.info.converged()) << entry.name;
      for (std::int64_t j = 0; j < count; ++j) {
        const auto& lambdas = path.lambdas[std::size_t(j)];
        const auto& steps = path.codes[std::size_t(j)];
        ASSERT_EQ(std::ssize(lambdas), steps.signals()) << entry.name;
        ASSERT_GT(lambdas.size(), 2u) << entry.name;
        EXPECT_EQ(steps[0].nonzeros(), 0u) << entry.name;
        EXPECT_NEAR(lambdas.back(), ends[std::size_t(j)], 1e-12) << entry.name;
        Matrix<double> scaled(p.dictionary.view()), y(rows, 1);
        for (std::int64_t i = 0; i < rows; ++i) {
          const double root = std::sqrt(weights(i, j));
          for (std::int64_t k = 0; k < atoms; ++k) scaled(i, k) *= root;
          y(i, 0) = root * p.signals(i, j);
        }
        for (std::int64_t s = 0; s < steps.signals(); ++s) {
          const Judge judge(scaled.view(), {.lambda = lambdas[std::size_t(s)]});
          EXPECT_LE(judge.distance_to_subdifferential(y.view().column(0), steps[s]), 1e-10);
          EXPECT_TRUE(s == 0 || lambdas[std::size_t(s)] < lambdas[std::size_t(s - 1)]);
        }
      }
    }
  }
}

TEST(Paths, EndWhereTheRunIsStoppedAndOfNothingAreEmpty) {
  const auto p = planted();
  const Dictionary<double> dictionary(p.dictionary.view());
  Matrix<double> blind(rows, 1);
  for (const SolverEntry& entry : solvers()) {
    if (!entry.path_double) continue;
    const Values settings =
        has_setting(entry, "lambda") ? Values{{"lambda", 0.1}} : Values{{"nonzeros", 3.0}};
    const auto late =
        encode_path<double>(entry.name, dictionary, p.signals, settings, {.max_seconds = 0});
    EXPECT_EQ(late.info.count(Status::time_limit), count) << entry.name;
    for (const auto& steps : late.codes) EXPECT_EQ(steps.signals(), 0) << entry.name;
    const auto unseen =
        encode_path<double>(entry.name, dictionary, p.signals, settings, {}, blind.view());
    EXPECT_TRUE(unseen.info.converged()) << entry.name;
    for (const auto& steps : unseen.codes) EXPECT_EQ(steps.signals(), 0) << entry.name;
    EXPECT_TRUE(
        encode_path<double>(entry.name, dictionary, p.signals.view().middle_columns(0, 0), settings)
            .codes.empty());
    const auto single =
        encode_path<float>(entry.name, Dictionary<float>(random_matrix<float>(rows, atoms, 1)),
                           random_matrix<float>(rows, 2, 2), settings);
    EXPECT_GT(single.codes[1].signals(), 2) << entry.name;
  }
}

TEST(Paths, AreRefusedByNameWhereThereAreNone) {
  const auto p = planted();
  const Dictionary<double> dictionary(p.dictionary.view());
  for (const SolverEntry& entry : solvers()) {
    if (entry.path_double) continue;
    EXPECT_THAT(
        [&] {
          encode_path<double>(entry.name, dictionary, p.signals, {{"lambda", 0.1}});
        },
        ThrowsMessage<Error>(std::string(entry.name) +
                             " has no path of codes; lars, omp, ols, mp have"));
  }
}

}  // namespace
}  // namespace striate
