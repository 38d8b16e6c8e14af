#include "tests/problems/plant.h"

#include <gtest/gtest.h>

#include <cmath>

namespace striate {
namespace {

TEST(Plant, AtomsHaveNormOneAndSignalsAreDictionaryTimesCodes) {
  const auto p = plant({.rows = 10, .atoms = 20, .nonzeros = 3, .signals = 7, .seed = 11});
  for (std::int64_t k = 0; k < 20; ++k) {
    double squares = 0;
    for (double x : p.dictionary.column(k)) squares += x * x;
    EXPECT_NEAR(squares, 1, 1e-14);
  }
  ASSERT_EQ(p.codes.signals(), 7);
  const auto z = p.codes.to_dense();
  for (std::int64_t j = 0; j < 7; ++j) {
    EXPECT_EQ(p.codes[j].nonzeros(), 3u);
    for (double value : p.codes[j].values) {
      EXPECT_GE(std::abs(value), 0.5 - 1e-12);
      EXPECT_LE(std::abs(value), 1.5 + 1e-12);
    }
    for (std::int64_t i = 0; i < 10; ++i) {
      double sum = 0;
      for (std::int64_t k = 0; k < 20; ++k) sum += p.dictionary(i, k) * z(k, j);
      EXPECT_NEAR(p.signals(i, j), sum, 1e-13);
    }
  }
}

TEST(Plant, GroupsAreWholeAndPositiveIsPositive) {
  const auto p = plant(
      {.rows = 10, .atoms = 20, .nonzeros = 6, .signals = 9, .group_size = 2, .positive = true});
  for (std::int64_t j = 0; j < 9; ++j) {
    const auto code = p.codes[j];
    ASSERT_EQ(code.nonzeros(), 6u);
    for (std::size_t i = 0; i < 6; i += 2) {
      EXPECT_EQ(code.indices[i] % 2, 0);
      EXPECT_EQ(code.indices[i + 1], code.indices[i] + 1);
      EXPECT_GE(code.values[i], 0);
      EXPECT_GE(code.values[i + 1], 0);
      const double norm = std::hypot(code.values[i], code.values[i + 1]);
      EXPECT_GE(norm, 0.5 - 1e-12);
      EXPECT_LE(norm, 1.5 + 1e-12);
    }
  }
}

TEST(Plant, SameSeedSameProblemAnotherSeedAnother) {
  const PlantSettings settings{.signals = 5, .noise = 0.1, .seed = 4};
  EXPECT_EQ(plant(settings).signals, plant(settings).signals);
  PlantSettings other = settings;
  other.seed = 5;
  EXPECT_FALSE(plant(settings).signals == plant(other).signals);
  const auto narrow = plant<float>(settings);
  const auto wide = plant<double>(settings);
  for (std::size_t i = 0; i < narrow.signals.size(); ++i)
    EXPECT_NEAR(narrow.signals.data()[i], wide.signals.data()[i], 1e-6);
}

TEST(Plant, NoiseHasItsStandardDeviation) {
  PlantSettings settings{.rows = 100, .signals = 200, .noise = 0.3};
  const auto noisy = plant(settings);
  settings.noise = 0;
  const auto clean = plant(settings);
  double squares = 0;
  for (std::size_t i = 0; i < clean.signals.size(); ++i)
    squares += std::pow(noisy.signals.data()[i] - clean.signals.data()[i], 2);
  // 20000 squares: relative standard error of the variance sqrt(2/20000) = 1 %; five of them.
  EXPECT_NEAR(squares / 20000, 0.09, 0.09 * 0.05);
}

TEST(Plant, RefusesSizesThatDoNotFit) {
  EXPECT_THROW(plant({.atoms = 5, .group_size = 2}), Error);
  EXPECT_THROW(plant({.atoms = 4, .nonzeros = 5}), Error);
  EXPECT_THROW(plant({.rows = 0}), Error);
}

}  // namespace
}  // namespace striate
