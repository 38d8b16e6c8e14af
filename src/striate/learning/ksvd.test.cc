#include "striate/learning/ksvd.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/dictionaries/constructors.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

// R = Y - D Z by plain loops.
Matrix<double> residuals_of(const Matrix<double>& y, const Matrix<double>& d,
                            const SparseCodes<double>& codes) {
  Matrix<double> r = y;
  const auto z = codes.to_dense();
  for (std::int64_t j = 0; j < y.columns(); ++j)
    for (std::int64_t k = 0; k < d.columns(); ++k)
      for (std::int64_t i = 0; i < y.rows(); ++i) r(i, j) -= d(i, k) * z(k, j);
  return r;
}

double squared(const Matrix<double>& x) {
  double sum = 0;
  for (double v : std::span(x.data(), x.size())) sum += v * v;
  return sum;
}

struct Problem {
  Matrix<double> y, d;
  SparseCodes<double> codes;
  explicit Problem(std::int64_t signals = 1500) {
    auto p = plant<double>(
        {.rows = 10, .atoms = 14, .nonzeros = 3, .signals = signals, .noise = 0.3, .seed = 6});
    y = p.signals;
    codes = p.codes;
    d = random_atoms<double>(10, 14, 3);
  }
};

// One atom by the definition: E in full, then d = E z' / |.|, z = d'E on the support.
TEST(KsvdUpdate, ApproximateIsTheDefinition) {
  const Problem p;
  Matrix<double> d = p.d;
  auto z = p.codes.to_dense();
  const auto support = p.codes.to_dense();
  for (std::int64_t k = 0; k < 14; ++k)
    for (int twice = 0; twice < 2; ++twice) {
      Matrix<double> e = p.y;
      for (std::int64_t j = 0; j < e.columns(); ++j)
        for (std::int64_t l = 0; l < 14; ++l)
          for (std::int64_t i = 0; i < 10 && l != k; ++i) e(i, j) -= d(i, l) * z(l, j);
      std::vector<double> g(10);
      double norm = 0;
      for (std::size_t i = 0; i < 10; ++i) {
        for (std::int64_t j = 0; j < e.columns(); ++j) g[i] += e(std::int64_t(i), j) * z(k, j);
        norm += g[i] * g[i];
      }
      for (std::int64_t i = 0; i < 10; ++i) d(i, k) = g[std::size_t(i)] / std::sqrt(norm);
      for (std::int64_t j = 0; j < e.columns(); ++j) {
        if (support(k, j) == 0) continue;
        z(k, j) = 0;
        for (std::int64_t i = 0; i < 10; ++i) z(k, j) += d(i, k) * e(i, j);
      }
    }

  auto codes = p.codes;
  auto atoms = p.d, residuals = residuals_of(p.y, p.d, p.codes);
  detail::ksvd_update<double>({.alternations = 2}, false, residuals, codes, atoms, {.threads = 2});
  const auto dense = codes.to_dense();
  for (std::size_t i = 0; i < d.size(); ++i) EXPECT_NEAR(atoms.data()[i], d.data()[i], 1e-10);
  for (std::size_t i = 0; i < z.size(); ++i) EXPECT_NEAR(dense.data()[i], z.data()[i], 1e-10);
  const auto expected = residuals_of(p.y, d, codes);
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(residuals.data()[i], expected.data()[i], 1e-10);
}

// The singular pair is the best there is, so many alternations come near it and none below it; with
// few users the other square is decomposed.
TEST(KsvdUpdate, ExactIsTheLimitOfAlternation) {
  for (const std::int64_t signals : {12, 1500}) {
    Problem p(signals);
    std::vector<std::int64_t> starts(p.codes.starts().begin(), p.codes.starts().end());
    std::vector<std::int32_t> indices(starts.back(), 0);  // one atom in all: one entry per signal
    std::vector<double> values;
    for (std::size_t j = 0; j + 1 < starts.size(); ++j)
      values.push_back(p.codes.values()[std::size_t(starts[j])]);
    indices.resize(values.size());
    for (std::size_t j = 0; j < starts.size(); ++j) starts[j] = std::int64_t(j);
    const SparseCodes<double> codes(1, starts, indices, values);
    const auto start = random_atoms<double>(10, 1, 2);
    const auto left = [&](const KsvdSettings& settings) {
      auto z = codes;
      auto d = start, r = residuals_of(p.y, d, codes);
      detail::ksvd_update<double>(settings, false, r, z, d, {});
      EXPECT_NEAR(squared(r), squared(residuals_of(p.y, d, z)), 1e-9 * squared(p.y));
      return squared(r);
    };
    const double exact = left({.rule = KsvdRule::exact});
    EXPECT_NEAR(left({.alternations = 2000}), exact, 1e-6 * exact);
    EXPECT_GE(left({.alternations = 1}), exact * (1 - 1e-12));
  }
}

TEST(KsvdUpdate, NeverRaisesTheError) {
  const Problem p;
  for (const KsvdRule rule : {KsvdRule::approximate, KsvdRule::exact}) {
    auto codes = p.codes;
    auto d = p.d, r = residuals_of(p.y, d, codes);
    double before = squared(r);
    for (int pass = 0; pass < 10; ++pass) {
      detail::ksvd_update<double>({.rule = rule}, false, r, codes, d, {});
      EXPECT_LE(squared(r), before * (1 + 1e-12));
      before = squared(r);
    }
  }
}

TEST(KsvdUpdate, SameBitsForAnyThreads) {
  const Problem p(6000);
  for (const bool positive : {false, true}) {
    auto one = p.codes, four = p.codes;
    auto d1 = p.d, d4 = p.d, r1 = residuals_of(p.y, p.d, one), r4 = r1;
    detail::ksvd_update<double>({}, positive, r1, one, d1, {.threads = 1});
    detail::ksvd_update<double>({}, positive, r4, four, d4, {.threads = 4});
    EXPECT_EQ(one, four);
    EXPECT_EQ(d1, d4);
    EXPECT_EQ(r1, r4);
    for (double z : one.values()) EXPECT_TRUE(!positive || z >= 0);
  }
}

// From a start near the truth the planted atoms are found, by either rule and in float.
TEST(KsvdLearner, FindsPlantedAtoms) {
  const auto p = plant<float>({.rows = 20, .atoms = 30, .nonzeros = 3, .signals = 1500, .seed = 3});
  Matrix<float> start = random_atoms<float>(20, 30, 4);
  for (std::size_t i = 0; i < start.size(); ++i)
    start.data()[i] = p.dictionary.data()[i] + 0.5f * start.data()[i];
  for (const KsvdRule rule : {KsvdRule::approximate, KsvdRule::exact}) {
    KsvdLearner<float> learner({.method = LearningMethod::ksvd,
                                .coder = Coder::omp,
                                .nonzeros = 3,
                                .ksvd = {.rule = rule}},
                               start);
    for (int t = 0; t < 20; ++t) learner.step(p.signals);
    for (std::int64_t k = 0; k < 30; ++k) {
      double cosine = 0, norm = 0;
      for (std::int64_t i = 0; i < 20; ++i) {
        cosine += double(learner.atoms()(i, k)) * double(p.dictionary(i, k));
        norm += double(p.dictionary(i, k)) * double(p.dictionary(i, k));
      }
      EXPECT_GT(std::abs(cosine) / std::sqrt(norm), 0.99) << k;
    }
  }
}

}  // namespace
}  // namespace striate
