#include "striate/solvers/ista.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/dictionaries/constructors.h"
#include "striate/solvers/group_lasso.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

// L is estimated 5 % high, so a step keeps a twentieth of the error: 15 of them are enough.
TEST(Ista, SoftensCorrelationsWithOrthonormalAtoms) {
  const auto atoms = random_atoms<double>(12, 12, 1, 12);
  const Matrix<double> signals = random_matrix<double>(12, 5, 2);
  const double lambda = 0.3;
  const auto [codes, info] = ista<double>(Dictionary<double>(atoms.view()), signals,
                                          {.lambda = lambda, .tolerance = 1e-15});
  const Matrix<double> z = codes.to_dense();
  for (int j = 0; j < 5; ++j) {
    EXPECT_LE(info.signals[std::size_t(j)].iterations, 20);
    for (int k = 0; k < 12; ++k) {
      double b = 0;
      for (int i = 0; i < 12; ++i) b += atoms(i, k) * signals(i, j);
      EXPECT_NEAR(z(k, j), std::copysign(std::max(std::abs(b) - lambda, 0.0), b), 1e-12);
    }
  }
}

TEST(Ista, HasTheLimitOfDescent) {
  const auto p = plant<double>(
      {.rows = 30, .atoms = 40, .nonzeros = 6, .signals = 8, .group_size = 2, .noise = 0.05});
  const Dictionary<double> dictionary(p.dictionary.view());
  for (int size : {1, 2}) {
    const auto slow = ista<double>(
        dictionary, p.signals,
        {.lambda = 0.1, .group_size = size, .tolerance = 1e-13, .max_iterations = 100000});
    const auto fast = group_lasso<double>(dictionary, p.signals,
                                          {.lambda = 0.1, .group_size = size, .tolerance = 1e-13});
    EXPECT_TRUE(slow.info.converged());
    const Matrix<double> a = slow.codes.to_dense(), b = fast.codes.to_dense();
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a.data()[i], b.data()[i], 1e-5);
    EXPECT_NEAR(slow.info.objective(), fast.info.objective(), 1e-12 * fast.info.objective());
  }
}

// f(z_k) - f* <= L |z*|^2 / (2 k) from a start at zero, and f falls in every iteration.
TEST(Ista, KeepsItsRateAndNeverRises) {
  const auto p = plant<double>({.rows = 20, .atoms = 60, .nonzeros = 6, .signals = 1, .noise = .1});
  const Dictionary<double> dictionary(p.dictionary.view());
  const Judge judge(p.dictionary.view(), {.lambda = 0.02});
  const auto best = lasso<double>(dictionary, p.signals, {.lambda = 0.02, .tolerance = 1e-12});
  double squares = 0, before = std::numeric_limits<double>::infinity();
  for (double z : best.codes.values()) squares += z * z;
  for (int k : {1, 2, 3, 4, 10, 30, 100, 101, 102}) {
    const auto [codes, info] =
        ista<double>(dictionary, p.signals, {.lambda = 0.02, .tolerance = 0, .max_iterations = k});
    EXPECT_EQ(info.signals[0].status, Status::iteration_limit);
    EXPECT_EQ(info.signals[0].iterations, k);
    const double objective = judge.objective(p.signals.column(0), codes[0]);
    EXPECT_NEAR(info.objective(), objective, 1e-12);
    EXPECT_LT(objective, before);
    // L is at most the trace, here the 60 unit atoms; it is estimated 5 % high.
    EXPECT_LE(objective - best.info.objective(), 1.05 * 60 * squares / (2 * k));
    before = objective;
  }
}

// 1/2 |y - D z|^2 + lambda Omega(z) by plain loops.
double objective_of(const Planted<double>& p, std::int64_t j, const Matrix<double>& z,
                    double lambda, auto omega) {
  double sum = 0;
  for (std::int64_t i = 0; i < p.dictionary.rows(); ++i) {
    double r = p.signals(i, j);
    for (std::int64_t k = 0; k < p.dictionary.columns(); ++k) r -= p.dictionary(i, k) * z(k, j);
    sum += r * r / 2;
  }
  for (std::int64_t k = 0; k < z.rows(); ++k) sum += lambda * omega(z(k, j));
  return sum;
}
double count(double z) { return z != 0; }
double cauchy(double z) { return std::log(1 + (z / 0.4) * (z / 0.4)); }

TEST(Ista, DescendsToStationaryCodesOfPenaltiesThatAreNotConvex) {
  const auto p = plant<double>({.rows = 20, .atoms = 40, .nonzeros = 4, .signals = 6, .noise = .1});
  const Dictionary<double> dictionary(p.dictionary.view());
  for (bool positive : {false, true})
    for (PenaltyName name : {PenaltyName::l0, PenaltyName::log}) {
      IstaSettings settings{.lambda = 0.02,
                            .penalty = name,
                            .tolerance = 0,
                            .max_iterations = 1,
                            .positive = positive};
      if (name == PenaltyName::log) settings.sigma = 0.4;
      const auto omega = name == PenaltyName::l0 ? count : cauchy;
      std::vector<double> before(6, std::numeric_limits<double>::infinity());
      for (int most = 1; most < 60; ++most) {
        settings.max_iterations = most;
        const auto [codes, info] = ista<double>(dictionary, p.signals, settings);
        const Matrix<double> z = codes.to_dense();
        for (std::int64_t j = 0; j < 6; ++j) {
          const double now = objective_of(p, j, z, 0.02, omega);
          EXPECT_LE(now, before[std::size_t(j)] + 1e-13);
          EXPECT_NEAR(info.signals[std::size_t(j)].objective, now, 1e-12);
          EXPECT_TRUE(std::isnan(info.signals[std::size_t(j)].relative_gap));
          before[std::size_t(j)] = now;
        }
      }
      settings.tolerance = 1e-12;
      settings.max_iterations = 100000;
      const auto [codes, info] = ista<double>(dictionary, p.signals, settings);
      EXPECT_TRUE(info.converged());
      const Matrix<double> z = codes.to_dense();
      for (std::int64_t j = 0; j < 6; ++j)
        for (std::int64_t k = 0; k < 40; ++k) {
          double c = 0;
          for (std::int64_t i = 0; i < 20; ++i) {
            double r = p.signals(i, j);
            for (std::int64_t l = 0; l < 40; ++l) r -= p.dictionary(i, l) * z(l, j);
            c += p.dictionary(i, k) * r;
          }
          const double x = z(k, j);
          EXPECT_TRUE(!positive || x >= 0);
          // l0: a coefficient in use is a least-squares one, and one that is not gains less than
          // lambda, by steps of 1 / L or shorter, L at most the trace of 40.
          double low = 0, high = 0;  // where c may lie
          if (name == PenaltyName::l0) high = x != 0 ? 0 : std::sqrt(2 * 0.02 * 42);
          else high = 0.02 * 2 * x / (0.16 + x * x);
          low = name == PenaltyName::l0 ? -high : high;
          if (positive && x == 0) low = -std::numeric_limits<double>::infinity();
          EXPECT_GE(c, low - 1e-8);
          EXPECT_LE(c, high + 1e-8);
        }
      // It stays where it is put.
      const auto again = ista<double>(dictionary, p.signals, settings, &codes);
      EXPECT_EQ(again.info.work.iterations, 0);
    }
}

// After one step from the projections z0 = d'y / |d|^2, by plain loops: the prox of log is checked to
// be stationary, (u - x) + t 2 u / (sigma^2 + u^2) = 0. Where atoms are short, the start decides for
// the minimum with large coefficients; from zero they stay small.
TEST(Ista, StartsAtTheProjections) {
  const auto p = plant<double>({.rows = 20, .atoms = 10, .nonzeros = 3, .signals = 4, .noise = .1});
  Matrix<double> atoms = p.dictionary;
  for (double* x = atoms.data(); x != atoms.data() + atoms.size(); ++x) *x *= 0.1;
  IstaSettings settings{.lambda = 0.022,
                        .penalty = PenaltyName::log,
                        .sigma = 0.316,
                        .start = Start::projection,
                        .tolerance = 0,
                        .max_iterations = 1};
  const Dictionary<double> dictionary(atoms);
  const auto z = ista<double>(dictionary, p.signals, settings).codes.to_dense();
  Matrix<double> start(10, 4), c(10, 4);
  for (std::int64_t j = 0; j < 4; ++j) {
    for (std::int64_t k = 0; k < 10; ++k)
      for (std::int64_t i = 0; i < 20; ++i) start(k, j) += atoms(i, k) * p.signals(i, j) / 0.01;
    for (std::int64_t i = 0; i < 20; ++i) {
      double r = p.signals(i, j);
      for (std::int64_t k = 0; k < 10; ++k) r -= atoms(i, k) * start(k, j);
      for (std::int64_t k = 0; k < 10; ++k) c(k, j) += atoms(i, k) * r;
    }
  }
  // u - z0 = (c - lambda 2 u / (sigma^2 + u^2)) / L for one and the same L.
  const auto length = [&](std::int64_t k, std::int64_t j) {
    const double u = z(k, j);
    return (c(k, j) - 0.022 * 2 * u / (0.316 * 0.316 + u * u)) / (u - start(k, j));
  };
  const double l = length(0, 0);
  EXPECT_GT(l, 0.01);
  EXPECT_LT(l, 0.105);  // the trace is 0.1, estimated 5 % high
  for (std::int64_t j = 0; j < 4; ++j)
    for (std::int64_t k = 0; k < 10; ++k) EXPECT_NEAR(length(k, j), l, 1e-6 * l);

  // Signals of 0.3 pull by about 0.03, less than the steepest slope lambda / sigma = 0.07, while at
  // the projections, about 3, the slope is 2 lambda / 3.
  Matrix<double> faint = p.signals;
  for (double* y = faint.data(); y != faint.data() + faint.size(); ++y) *y *= 0.3;
  settings.max_iterations = 2000;
  double squares[2] = {};
  for (Start from : {Start::zero, Start::projection}) {
    settings.start = from;
    const auto codes = ista<double>(dictionary, faint, settings).codes;
    for (double v : codes.values()) squares[from == Start::projection] += v * v;
  }
  EXPECT_GT(squares[1], 10 * squares[0]);
  // The minimum of a convex problem does not depend on the start.
  const auto convex = [&](Start from) {
    return ista<double>(Dictionary<double>(p.dictionary), p.signals,
                        {.lambda = 0.1, .start = from, .tolerance = 1e-12})
        .info.objective();
  };
  EXPECT_NEAR(convex(Start::zero), convex(Start::projection), 1e-11);
}

// Orthonormal atoms: every coefficient by itself, sqrt(2 lambda) is the threshold of l0.
TEST(Ista, ThresholdsHardWithOrthonormalAtoms) {
  const auto atoms = random_atoms<double>(12, 12, 1, 12);
  const Matrix<double> signals = random_matrix<double>(12, 5, 2);
  const auto [codes, info] =
      ista<double>(Dictionary<double>(atoms.view()), signals,
                   {.lambda = 0.3, .penalty = PenaltyName::l0, .tolerance = 1e-14});
  const Matrix<double> z = codes.to_dense();
  const double threshold = std::sqrt(0.6);
  for (int j = 0; j < 5; ++j)
    for (int k = 0; k < 12; ++k) {
      double b = 0;
      for (int i = 0; i < 12; ++i) b += atoms(i, k) * signals(i, j);
      if (std::abs(b) > threshold && std::abs(b) < 1.03 * threshold) continue;  // L is 5 % high
      EXPECT_NEAR(z(k, j), std::abs(b) > threshold ? b : 0, 1e-12);
    }
}

TEST(Ista, RefusesWhatPenaltiesDoNotGoWith) {
  const auto p = plant<double>({.rows = 8, .atoms = 12, .signals = 2});
  const Dictionary<double> dictionary(p.dictionary.view());
  const auto refusal = [&](const IstaSettings& settings, const std::string& text) {
    EXPECT_THAT([&] { ista<double>(dictionary, p.signals, settings); },
                testing::ThrowsMessage<Error>(testing::HasSubstr(text)));
  };
  refusal({.lambda = 1, .sigma = 2}, "ista: sigma is given with penalty l1; only log has one");
  refusal({.lambda = 1, .penalty = PenaltyName::l0, .group_size = 2}, "group_size is 2");
  refusal({.lambda_relative = 0.1, .penalty = PenaltyName::log}, "give lambda");
  refusal({.lambda = 1, .penalty = PenaltyName::log, .sigma = 0}, "sigma");
}

}  // namespace
}  // namespace striate
