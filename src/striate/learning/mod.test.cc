#include "striate/learning/mod.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/dictionaries/constructors.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

// With the codes as planted, signals without noise and a small ridge the atoms come out themselves.
TEST(ModUpdate, IsTheLeastSquaresFit) {
  const auto p = plant<double>({.rows = 12, .atoms = 16, .nonzeros = 3, .signals = 400, .seed = 2});
  Matrix<double> a(16, 16), b(12, 16), atoms = random_atoms<double>(12, 16, 9);
  detail::add_statistics<double>(a, b, 0, 1.0 / 400, p.signals, p.codes, {});
  const auto norms = detail::mod_update(1e-12, a, b, atoms);
  for (std::int64_t k = 0; k < 16; ++k) {
    double norm = 0;
    for (double x : p.dictionary.column(k)) norm += x * x;
    EXPECT_NEAR(norms[std::size_t(k)], std::sqrt(norm), 1e-8);
    for (std::int64_t i = 0; i < 12; ++i)
      EXPECT_NEAR(atoms(i, k), p.dictionary(i, k) / std::sqrt(norm), 1e-8);
  }
}

TEST(ModUpdate, UnusedAtomsStay) {
  Matrix<double> a(3, 3), b(4, 3), atoms = random_atoms<double>(4, 3, 1);
  const auto before = atoms;
  EXPECT_EQ(detail::mod_update(1e-6, a, b, atoms), std::vector<double>(3, 1.0));
  EXPECT_EQ(atoms, before);
  a(0, 0) = 2;
  b(1, 0) = 3;
  const auto norms = detail::mod_update(1e-6, a, b, atoms);
  EXPECT_NEAR(norms[0], 1.5, 1e-5);
  EXPECT_NEAR(atoms(1, 0), 1, 1e-15);
  for (std::int64_t i = 0; i < 4; ++i) EXPECT_EQ(atoms(i, 2), before(i, 2));
}

// From a start near the truth the planted atoms are found.
TEST(ModLearner, FindsPlantedAtoms) {
  const auto p =
      plant<double>({.rows = 20, .atoms = 30, .nonzeros = 3, .signals = 1500, .seed = 3});
  Matrix<double> start = random_atoms<double>(20, 30, 4);
  for (std::size_t i = 0; i < start.size(); ++i)
    start.data()[i] = p.dictionary.data()[i] + 0.5 * start.data()[i];
  ModLearner<double> learner({.method = LearningMethod::mod, .coder = Coder::omp, .nonzeros = 3},
                             start);
  for (int t = 0; t < 30; ++t) learner.step(p.signals);
  for (std::int64_t k = 0; k < 30; ++k) {
    double cosine = 0, norm = 0;
    for (std::int64_t i = 0; i < 20; ++i) {
      cosine += learner.atoms()(i, k) * p.dictionary(i, k);
      norm += p.dictionary(i, k) * p.dictionary(i, k);
    }
    EXPECT_GT(std::abs(cosine) / std::sqrt(norm), 0.99) << k;
  }
}

}  // namespace
}  // namespace striate
