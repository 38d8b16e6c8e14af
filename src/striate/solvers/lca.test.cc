#include "striate/solvers/lca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "striate/dictionaries/constructors.h"
#include "striate/solvers/group_lasso.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

double shrink(double x, double k) { return std::copysign(std::max(std::abs(x) - k, 0.0), x); }

// The dynamics by plain loops, with G = D'D: states and codes after each step.
LcaTrajectory<double> plain_lca(const Matrix<double>& d, std::span<const double> y, double lambda,
                                bool hard, double eta, int steps) {
  const std::int64_t atoms = d.columns();
  std::vector<double> b(static_cast<std::size_t>(atoms));
  Matrix<double> gram(atoms, atoms);
  for (std::int64_t i = 0; i < atoms; ++i)
    for (std::int64_t r = 0; r < d.rows(); ++r) {
      b[std::size_t(i)] += d(r, i) * y[std::size_t(r)];
      for (std::int64_t j = 0; j < atoms; ++j) gram(i, j) += d(r, i) * d(r, j);
    }
  LcaTrajectory<double> t{Matrix<double>(atoms, steps + 1), Matrix<double>(atoms, steps + 1)};
  for (int s = 0; s < steps; ++s)
    for (std::int64_t i = 0; i < atoms; ++i) {
      double drive = b[std::size_t(i)] + t.a(i, s);
      for (std::int64_t j = 0; j < atoms; ++j) drive -= gram(i, j) * t.a(j, s);
      const double u = t.u(i, s) + eta * (drive - t.u(i, s));
      t.u(i, s + 1) = u;
      t.a(i, s + 1) = hard ? (std::abs(u) > lambda ? u : 0) : shrink(u, lambda);
    }
  return t;
}

TEST(Lca, FollowsTheDynamicsStepByStep) {
  const auto p = plant<double>({.rows = 12, .atoms = 20, .signals = 3, .noise = 0.1});
  const Dictionary<double> dictionary(p.dictionary.view());
  for (bool hard : {false, true})
    for (Integration integration : {Integration::euler, Integration::exponential})
      for (int j = 0; j < 3; ++j) {
        const LcaSettings settings{.lambda = 0.2,
                                   .activation = hard ? Activation::hard : Activation::soft,
                                   .integration = integration,
                                   .step_size = 0.1,
                                   .steps = 45};
        const double eta = integration == Integration::euler ? 0.1 : 1 - std::exp(-0.1);
        const auto y = p.signals.column(j);
        const auto t = lca_trajectory<double>(dictionary, y, settings);
        const auto expected = plain_lca(p.dictionary, y, 0.2, hard, eta, 45);
        ASSERT_EQ(t.u.columns(), 46);
        for (std::size_t i = 0; i < t.u.size(); ++i) {
          EXPECT_NEAR(t.u.data()[i], expected.u.data()[i], 1e-12);
          EXPECT_NEAR(t.a.data()[i], expected.a.data()[i], 1e-12);
        }
        // The model's code is the last of the trajectory, and converged by definition.
        const auto [codes, info] = lca<double>(dictionary, p.signals, settings);
        const Matrix<double> z = codes.to_dense();
        EXPECT_TRUE(info.converged());
        EXPECT_EQ(info.signals[std::size_t(j)].iterations, 45);
        for (int k = 0; k < 20; ++k) EXPECT_EQ(z(k, j), t.a(k, 45));
      }
}

// With all other atoms orthogonal, u follows b (1 - exp(-t / tau)) while a = 0.
TEST(Lca, ExponentialStepsAreExactWhileTheCodeStandsStill) {
  const auto atoms = random_atoms<double>(8, 8, 1, 8);
  const Matrix<double> signal = random_matrix<double>(8, 1, 2);
  const auto t = lca_trajectory<double>(
      Dictionary<double>(atoms.view()), signal.column(0),
      {.lambda = 100, .integration = Integration::exponential, .step_size = 0.7, .steps = 5});
  for (int k = 0; k < 8; ++k) {
    double b = 0;
    for (int i = 0; i < 8; ++i) b += atoms(i, k) * signal(i, 0);
    for (int s = 0; s <= 5; ++s) EXPECT_NEAR(t.u(k, s), b * (1 - std::exp(-0.7 * s)), 1e-14);
  }
}

TEST(Lca, HasTheLassoForItsLimit) {
  const auto p = plant<double>(
      {.rows = 24, .atoms = 36, .nonzeros = 6, .signals = 10, .group_size = 2, .noise = 0.05});
  const Dictionary<double> dictionary(p.dictionary.view());
  for (Activation activation : {Activation::soft, Activation::rectified, Activation::subspace})
    for (Integration integration : {Integration::euler, Integration::exponential}) {
      const int size = activation == Activation::subspace ? 2 : 1;
      const bool positive = activation == Activation::rectified;
      const auto slow = lca<double>(dictionary, p.signals,
                                    {.lambda = 0.1,
                                     .activation = activation,
                                     .integration = integration,
                                     .tolerance = 1e-13,
                                     .max_iterations = 100000});
      const auto fast = group_lasso<double>(
          dictionary, p.signals,
          {.lambda = 0.1, .group_size = size, .tolerance = 1e-13, .positive = positive});
      EXPECT_TRUE(slow.info.converged());
      const Judge judge(p.dictionary.view(),
                        {.lambda = 0.1, .group_size = size, .positive = positive});
      for (int j = 0; j < 10; ++j) {
        const auto y = p.signals.column(j);
        const double objective = judge.objective(y, slow.codes[j]);
        EXPECT_NEAR(objective, judge.objective(y, fast.codes[j]), 1e-8 * objective);
        EXPECT_LE(judge.relative_gap(y, slow.codes[j]), 1e-8);
      }
      const Matrix<double> a = slow.codes.to_dense(), b = fast.codes.to_dense();
      for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a.data()[i], b.data()[i], 1e-5);
    }
}

TEST(Lca, HasClosedFormsForOrthonormalAtoms) {
  const auto atoms = random_atoms<double>(12, 12, 1, 12);
  const Dictionary<double> dictionary(atoms.view());
  const Matrix<double> signals = random_matrix<double>(12, 5, 2);
  const auto code = [&](Activation activation) {
    const auto [codes, info] = lca<double>(
        dictionary, signals, {.lambda = 0.5, .activation = activation, .tolerance = 1e-14});
    EXPECT_TRUE(info.converged());
    return codes.to_dense();
  };
  const auto soft = code(Activation::soft), hard = code(Activation::hard),
             rectified = code(Activation::rectified), subspace = code(Activation::subspace);
  for (int j = 0; j < 5; ++j) {
    double b[12] = {};
    for (int k = 0; k < 12; ++k)
      for (int i = 0; i < 12; ++i) b[k] += atoms(i, k) * signals(i, j);
    for (int k = 0; k < 12; ++k) {
      const double norm = std::hypot(b[k - k % 2], b[k - k % 2 + 1]);
      EXPECT_NEAR(soft(k, j), shrink(b[k], 0.5), 1e-12);
      EXPECT_NEAR(hard(k, j), std::abs(b[k]) > 0.5 ? b[k] : 0, 1e-12);
      EXPECT_NEAR(rectified(k, j), std::max(b[k] - 0.5, 0.0), 1e-12);
      EXPECT_NEAR(subspace(k, j), std::max(1 - 0.5 / norm, 0.0) * b[k], 1e-12);
    }
  }
}

// At a hard fixed point: u = a above the threshold, where c = 0, and u = c elsewhere, below it. The
// energy counts coefficients, not their sizes.
TEST(Lca, HardThresholdsRestAtFixedPoints) {
  const auto p = plant<double>({.rows = 40, .atoms = 60, .nonzeros = 4, .signals = 30, .seed = 3});
  const Dictionary<double> dictionary(p.dictionary.view());
  const double lambda = 0.3;
  const auto [codes, info] =
      lca<double>(dictionary, p.signals,
                  {.lambda = lambda, .activation = Activation::hard, .tolerance = 1e-12});
  const Judge judge(p.dictionary.view(), {});
  int rested = 0;
  for (int j = 0; j < 30; ++j) {
    const SignalInfo& said = info.signals[std::size_t(j)];
    const auto y = Judge::doubles(p.signals.column(j)), z = judge.dense(codes[j]);
    EXPECT_TRUE(std::isnan(said.relative_gap));
    EXPECT_NEAR(said.objective,
                judge.objective(y, z) + lambda * lambda / 2 * double(codes[j].nonzeros()), 1e-12);
    if (said.status != Status::converged) continue;
    ++rested;
    const auto gradient = judge.gradient(y, z);
    for (std::size_t k = 0; k < 60; ++k) {
      EXPECT_LE(std::abs(gradient[k]), z[k] != 0 ? 1e-10 : lambda + 1e-10);
      EXPECT_TRUE(z[k] == 0 || std::abs(z[k]) > lambda);
    }
  }
  EXPECT_GE(rested, 25);
}

TEST(Lca, FindsWhatWasPlantedWithoutNoise) {
  const auto p = plant<double>({.rows = 64, .atoms = 96, .nonzeros = 3, .signals = 20, .seed = 5});
  const Dictionary<double> dictionary(p.dictionary.view());
  const auto soft = lca<double>(dictionary, p.signals, {.lambda = 1e-3, .tolerance = 1e-4});
  const Matrix<double> z = soft.codes.to_dense(), truth = p.codes.to_dense();
  for (int j = 0; j < 20; ++j)
    for (int k = 0; k < 96; ++k) EXPECT_NEAR(z(k, j), truth(k, j), 0.01);  // bias is about lambda
}

TEST(Lca, StartsWhereAnInitialCodeIsAtRest) {
  const auto p = plant<double>(
      {.rows = 24, .atoms = 36, .nonzeros = 6, .signals = 10, .group_size = 2, .noise = 0.05});
  const Dictionary<double> dictionary(p.dictionary.view());
  for (Activation activation :
       {Activation::soft, Activation::rectified, Activation::subspace, Activation::hard}) {
    LcaSettings settings{.lambda = 0.2, .activation = activation, .tolerance = 1e-10};
    const auto cold = lca<double>(dictionary, p.signals, settings);
    for (int j = 0; j < 10; ++j) {
      if (cold.info.signals[std::size_t(j)].status != Status::converged) continue;
      const SparseCodes<double> initial = cold.codes.slice(j, 1);
      settings.steps = 3;
      const auto t = lca_trajectory<double>(dictionary, p.signals.column(j), settings, &initial);
      const Matrix<double> z = initial.to_dense();
      for (int k = 0; k < 36; ++k)
        for (int s = 0; s <= 3; ++s) EXPECT_NEAR(t.a(k, s), z(k, 0), 1e-5) << int(activation);
    }
  }
}

TEST(Lca, StepsThatDivergeAreSaidToAndLeaveNoNonsense) {
  const auto p = plant<float>({.rows = 16, .atoms = 64, .signals = 5, .noise = 0.5});
  const Dictionary<float> dictionary(p.dictionary.view());
  for (bool model : {false, true}) {
    LcaSettings settings{.lambda = 0.01, .step_size = 3};
    if (model) settings.steps = 2000;
    const auto [codes, info] = lca<float>(dictionary, p.signals, settings);
    for (int j = 0; j < 5; ++j) {
      double energy = 0;
      for (float y : p.signals.column(j)) energy += 0.5 * double(y) * y;
      EXPECT_EQ(info.signals[std::size_t(j)].status, Status::stalled);
      EXPECT_NEAR(info.signals[std::size_t(j)].objective, energy, 1e-5 * energy);
      EXPECT_EQ(codes[j].nonzeros(), 0u);
    }
  }
}

TEST(Lca, TrajectoryRefusesWhatItCannotFollow) {
  const auto p = plant<double>({.rows = 8, .atoms = 8, .signals = 1});
  const Dictionary<double> dictionary(p.dictionary.view());
  std::vector<double> y(8, 1.0);
  EXPECT_THAT([&] { lca_trajectory<double>(dictionary, y, {.lambda = 1}); },
              ThrowsMessage<Error>(HasSubstr("lca_trajectory: steps is missing")));
  EXPECT_THAT([&] { lca_trajectory<double>(dictionary, y, {.steps = 3}); },
              ThrowsMessage<Error>(HasSubstr("lca_trajectory: lambda")));
  y[3] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT([&] { lca_trajectory<double>(dictionary, y, {.lambda = 1, .steps = 3}); },
              ThrowsMessage<Error>(HasSubstr("NaN")));
}

}  // namespace
}  // namespace striate
