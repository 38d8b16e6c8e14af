// Every solver of the table on problems of the smallest kinds: signals of one value, one atom, one
// signal, none; more nonzeros than there can be; lambda above lambda_max; ties. Judged by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/catalog/solvers.h"
#include "striate/catalog/testing.test.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

// Groups of one where the solver has groups; lambda or the count.
Values settings_for(const SolverEntry& entry, double lambda, double count) {
  Values values;
  if (has_setting(entry, "lambda")) values["lambda"] = lambda;
  else values["nonzeros"] = count;
  if (has_setting(entry, "group_size")) values["group_size"] = std::int64_t{1};
  if (has_setting(entry, "tolerance")) values["tolerance"] = 1e-12;
  if (has_setting(entry, "max_iterations")) values["max_iterations"] = std::int64_t{100000};
  return values;
}

template <class T>
void expect_true(const SolverEntry& entry, const Matrix<T>& atoms, const Matrix<T>& signals,
                 const Encoding<T>& encoding, double lambda) {
  JudgedPenalty penalty;
  if (has_setting(entry, "lambda")) penalty.lambda = lambda;
  const Judge judge(atoms.view(), penalty);
  ASSERT_EQ(encoding.codes.signals(), signals.columns()) << entry.name;
  for (std::int64_t j = 0; j < signals.columns(); ++j) {
    const double objective = judge.objective(signals.column(j), encoding.codes[j]);
    const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-12;
    EXPECT_NEAR(encoding.info.signals[std::size_t(j)].objective, objective,
                tolerance * (1 + objective))
        << entry.name;
  }
}

template <class T>
void try_one_value() {
  Matrix<T> atoms(1, 4), signals(1, 3);
  for (int k = 0; k < 4; ++k) atoms(0, k) = T(k - 1) / 2;  // -1/2, 0, 1/2, 1
  signals(0, 0) = 2;
  signals(0, 1) = -1;
  const Dictionary<T> dictionary(atoms.view());
  for (const SolverEntry& entry : solvers()) {
    const auto all = encode<T>(entry.name, dictionary, signals, settings_for(entry, 0.25, 1));
    expect_true(entry, atoms, signals, all, 0.25);
    EXPECT_EQ(all.codes[2].nonzeros(), 0u) << entry.name;
    EXPECT_GT(all.codes[0].nonzeros(), 0u) << entry.name;
    if (!has_setting(entry, "lambda") || !has_setting(entry, "tolerance")) continue;
    // The longest atom alone: z = (y - 1/4) for y = 2, the objective 0.25^2 / 2 + 0.25 * 1.75.
    if (has_setting(entry, "l1_share") || sizeof(T) == 4) continue;
    EXPECT_NEAR(all.info.signals[0].objective, 0.03125 + 0.4375, 1e-9) << entry.name;
  }
}
TEST(Edges, SignalsOfOneValue) {
  try_one_value<float>();
  try_one_value<double>();
}

TEST(Edges, OneSignalAndOneAtom) {
  const Matrix<double> y = random_matrix<double>(9, 1, 1), d = random_matrix<double>(9, 1, 2);
  for (const SolverEntry& entry : solvers()) {
    const auto one =
        encode<double>(entry.name, Dictionary<double>(d.view()), y, settings_for(entry, 0.01, 1));
    expect_true(entry, d, y, one, 0.01);
    EXPECT_EQ(one.codes.nonzeros(), 1) << entry.name;
    const auto none = encode<double>(entry.name, Dictionary<double>(d.view()),
                                     y.view().middle_columns(0, 0), settings_for(entry, 0.01, 1));
    EXPECT_EQ(none.codes.signals(), 0) << entry.name;
    EXPECT_TRUE(none.info.converged()) << entry.name;
  }
}

TEST(Edges, NothingIsUsedAboveLambdaMax) {
  const auto p = plant<double>({.rows = 12, .atoms = 20, .signals = 6, .noise = 0.1});
  const Dictionary<double> dictionary(p.dictionary.view());
  for (const SolverEntry& entry : solvers()) {
    if (!has_setting(entry, "lambda")) continue;
    Values settings = settings_for(entry, 1, 0);
    settings.erase("lambda");
    for (double above : {1.0 + 1e-9, 2.0, 1e6}) {
      settings["lambda_relative"] = above;
      const auto zero = encode<double>(entry.name, dictionary, p.signals, settings);
      EXPECT_EQ(zero.codes.nonzeros(), 0) << entry.name;
      EXPECT_TRUE(zero.info.converged()) << entry.name;
      for (std::int64_t j = 0; j < 6; ++j) {
        double half = 0;
        for (double x : p.signals.column(j)) half += x * x / 2;
        EXPECT_NEAR(zero.info.signals[std::size_t(j)].objective, half, 1e-13) << entry.name;
      }
    }
  }
}

TEST(Edges, AsManyNonzerosAsThereAreAtomsAndMoreThanThereAreValues) {
  const auto p = plant<double>({.rows = 6, .atoms = 15, .nonzeros = 3, .signals = 8, .noise = 0.2});
  const Dictionary<double> dictionary(p.dictionary.view());
  for (const SolverEntry& entry : solvers()) {
    if (!has_setting(entry, "nonzeros")) continue;
    Values settings = settings_for(entry, 0, 15);
    settings.erase("lambda");
    settings["nonzeros"] = 15.0;
    const auto all = encode<double>(entry.name, dictionary, p.signals, settings);
    for (std::int64_t j = 0; j < 8; ++j) {
      const double left =
          Judge(p.dictionary.view(), {}).objective(p.signals.column(j), all.codes[j]);
      EXPECT_LE(left, 1e-10) << entry.name;  // the atoms span the space
      EXPECT_NE(all.info.signals[std::size_t(j)].status, Status::invalid) << entry.name;
    }
  }
}

// Equal, opposite and zero atoms; a signal that is an atom; a signal orthogonal to all atoms.
TEST(Edges, Ties) {
  Matrix<double> atoms(5, 7), signals(5, 3);
  const Matrix<double> random = random_matrix<double>(5, 2, 8);
  for (int i = 0; i < 4; ++i) {
    for (int k : {0, 1, 4}) atoms(i, k) = random(i, 0);
    atoms(i, 2) = -random(i, 0);
    atoms(i, 5) = random(i, 1);
    atoms(i, 6) = 3 * random(i, 1);
    signals(i, 0) = random(i, 0);
    signals(i, 1) = random(i, 0) - 0.5 * random(i, 1);
  }
  signals(4, 2) = 1;
  const Dictionary<double> dictionary(atoms.view());
  for (const SolverEntry& entry : solvers())
    for (double lambda : {1e-3, 0.3}) {
      const auto all =
          encode<double>(entry.name, dictionary, signals, settings_for(entry, lambda, 2));
      expect_true(entry, atoms, signals, all, lambda);
      EXPECT_EQ(all.codes[2].nonzeros(), 0u) << entry.name;
      for (std::int64_t j = 0; j < 3; ++j) {
        for (std::int32_t k : all.codes[j].indices) EXPECT_NE(k, 3) << entry.name;
        if (!has_setting(entry, "tolerance") || !has_setting(entry, "lambda")) continue;
        const Judge judge(atoms.view(), {.lambda = lambda});
        EXPECT_LE(judge.relative_gap(signals.column(j), all.codes[j]), 1.1e-12) << entry.name;
      }
    }
}

}  // namespace
}  // namespace striate
