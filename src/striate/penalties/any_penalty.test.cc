#include "striate/penalties/any_penalty.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

constexpr double step = 0.02;
const std::vector<double> three_weights = {0.5, 2.0, 1.25};

// The weights of a group's two norms.
struct Weights {
  double l2 = 1, l1 = 0;
};

// Calls f(penalty, group, weights of the group) for every penalty of the table.
template <class F>
void for_all(F f) {
  for (int size : {1, 2, 3})
    for (bool weighted : {false, true})
      for (bool positive : {false, true})
        for (double share : {0.0, 0.4, 1.0})
          visit_penalty<double>(size, weighted ? three_weights : std::vector<double>{}, positive,
                                share, [&](const auto& penalty) {
                                  EXPECT_EQ(penalty.size(), size);
                                  for (std::int64_t g = 0; g < 3; ++g) {
                                    const double w = weighted ? three_weights[std::size_t(g)] : 1.0;
                                    f(penalty, g, Weights{(1 - share) * w, share});
                                  }
                                });
}

// 1/2 |u - x|^2 + t (w_2 |u|_2 + w_1 |u|_1), from the definition.
double prox_objective(int size, Weights weights, double t, const double* x, const double* u) {
  double fit = 0, norm = 0, sum = 0;
  for (int i = 0; i < size; ++i) {
    fit += 0.5 * (u[i] - x[i]) * (u[i] - x[i]);
    norm += u[i] * u[i];
    sum += std::abs(u[i]);
  }
  return fit + t * (weights.l2 * std::sqrt(norm) + weights.l1 * sum);
}

TEST(Penalties, ProxIsTheMinimiserOnAGrid) {
  const Matrix<double> points = random_matrix<double>(3, 6, 1);
  for_all([&](const auto& penalty, std::int64_t g, Weights weight) {
    const int size = penalty.size();
    const double h = size == 3 ? 5 * step : step;
    for (std::int64_t p = 0; p < points.columns(); ++p) {
      const double* x = &points(0, p);
      for (double t : {0.05, 0.4, 1.5}) {
        std::array<double, 3> u = {x[0], x[1], x[2]};
        const bool kept = penalty.prox(g, t, u.data());
        const double value = prox_objective(size, weight, t, x, u.data());
        EXPECT_EQ(kept, std::any_of(u.begin(), u.begin() + size, [](double v) { return v != 0; }));
        if (penalty.positive) {
          for (int i = 0; i < size; ++i) EXPECT_GE(u[std::size_t(i)], 0);
        }
        const int reach = static_cast<int>(3 / h), low = penalty.positive ? 0 : -reach;
        double best = 1e300;
        std::array<double, 3> at{}, v{};
        for (int a = low; a <= reach; ++a)
          for (int b = size > 1 ? low : 0; b <= (size > 1 ? reach : 0); ++b)
            for (int c = size > 2 ? low : 0; c <= (size > 2 ? reach : 0); ++c) {
              v = {a * h, b * h, c * h};
              const double here = prox_objective(size, weight, t, x, v.data());
              if (here < best) best = here, at = v;
            }
        EXPECT_LE(value, best + 1e-12);
        for (int i = 0; i < size; ++i) EXPECT_NEAR(u[std::size_t(i)], at[std::size_t(i)], 2 * h);
      }
    }
  });
}

TEST(Penalties, DualNormIsWhereTheProxBecomesZero) {
  const Matrix<double> points = random_matrix<double>(3, 20, 2);
  for_all([&](const auto& penalty, std::int64_t g, Weights) {
    for (std::int64_t p = 0; p < points.columns(); ++p) {
      const double k = std::sqrt(penalty.squared_dual(g, &points(0, p)));
      for (double factor : {0.999, 1.001}) {
        std::array<double, 3> u = {points(0, p), points(1, p), points(2, p)};
        EXPECT_EQ(penalty.prox(g, factor * k, u.data()), factor < 1 && k > 0);
      }
    }
  });
}

// u = prox(x) exactly where (x - u) / t is in the subdifferential of the penalty at u.
TEST(Penalties, ViolationIsZeroAtAProxAndMeasuresDistanceElsewhere) {
  const Matrix<double> points = random_matrix<double>(3, 20, 3);
  const double t = 0.4;
  for_all([&](const auto& penalty, std::int64_t g, Weights weight) {
    for (std::int64_t p = 0; p < points.columns(); ++p) {
      std::array<double, 3> u = {points(0, p), points(1, p), points(2, p)}, c{};
      const bool kept = penalty.prox(g, t, u.data());
      for (std::size_t i = 0; i < 3; ++i) c[i] = points(std::int64_t(i), p) - u[i];
      EXPECT_NEAR(penalty.violation(g, t, u.data(), c.data()), 0, 1e-14);
      if (!kept || penalty.size() > 1) continue;
      c[0] += 0.25;
      EXPECT_NEAR(penalty.violation(g, t, u.data(), c.data()), 0.25, 1e-14);
    }
    const std::array<double, 3> zero{}, c = {3, 0, 0};
    EXPECT_NEAR(penalty.violation(g, t, zero.data(), c.data()), 3 - t * (weight.l1 + weight.l2),
                1e-14);
  });
}

TEST(Penalties, AnyPenaltyDoesTheSameToWholeVectors) {
  for (int size : {1, 2, 3}) {
    const auto any = make_penalty<double>(size, three_weights, true);
    EXPECT_EQ(any->size(), size);
    EXPECT_TRUE(any->positive());
    visit_penalty<double>(size, three_weights, true, [&](const auto& penalty) {
      const Matrix<double> x = random_matrix<double>(3 * size, 1, 4);
      Matrix<double> all = x, one = x;
      std::vector<double> duals(3);
      any->prox(0.3, all.column(0));
      any->squared_duals(x.column(0), duals);
      for (std::int64_t g = 0; g < 3; ++g) {
        EXPECT_EQ(duals[std::size_t(g)], penalty.squared_dual(g, &x(g * size, 0)));
        EXPECT_EQ(any->value(g, &x(g * size, 0)), penalty.value(g, &x(g * size, 0)));
        EXPECT_EQ(any->weight(g), three_weights[std::size_t(g)]);
        penalty.prox(g, 0.3, &one(g * size, 0));
      }
      EXPECT_TRUE(all == one);
    });
  }
}

TEST(Penalties, WeightZeroShrinksNothingAndBoundsNoDual) {
  const std::vector<double> weights = {0.0, 1.0};
  const auto penalty = make_penalty<float>(2, weights, false);
  std::vector<float> x = {3, 4, 3, 4}, duals(2);
  penalty->squared_duals(x, duals);
  EXPECT_THAT(duals, testing::ElementsAre(0.0f, 25.0f));
  penalty->prox(1.0f, x);
  EXPECT_THAT(x, testing::ElementsAre(3.0f, 4.0f, testing::FloatEq(2.4f), testing::FloatEq(3.2f)));
  EXPECT_EQ(penalty->value(0, x.data()), 0);
  EXPECT_DOUBLE_EQ(penalty->value(1, x.data()), 5);
}

// Calls f(penalty, group, value of one coefficient by definition) for the penalties that are not convex.
template <class F>
void for_all_not_convex(F f) {
  for (bool weighted : {false, true})
    for (bool positive : {false, true})
      for (PenaltyName name : {PenaltyName::l0, PenaltyName::log})
        for (double sigma : {0.05, 0.5, 2.0})
          visit_penalty<double>(name, sigma, 1, weighted ? three_weights : std::vector<double>{},
                                positive, [&](const auto& penalty) {
                                  for (std::int64_t g = 0; g < 3; ++g) {
                                    const double w = weighted ? three_weights[std::size_t(g)] : 1.0;
                                    f(penalty, g, [=](double u) {
                                      if (name == PenaltyName::l0) return u != 0 ? w : 0.0;
                                      return w * std::log(1 + (u / sigma) * (u / sigma));
                                    });
                                  }
                                });
}

// Two minimisers may tie, so values are compared; the grid holds 0.
TEST(Penalties, ProxOfWhatIsNotConvexIsTheLowestOnAGrid) {
  const double h = 1e-3;
  for_all_not_convex([&](const auto& penalty, std::int64_t g, auto value) {
    EXPECT_EQ(penalty.size(), 1);
    EXPECT_FALSE(penalty.convex);
    for (double x : {-2.5, -1.3, -0.7, -0.1, 0.0, 0.02, 0.3, 0.9, 1.1, 1.7, 2.9})
      for (double t : {0.01, 0.2, 0.5, 1.5, 4.0}) {
        const auto objective = [&](double u) { return (u - x) * (u - x) / 2 + t * value(u); };
        double u = x;
        const bool kept = penalty.prox(g, t, &u);
        EXPECT_EQ(kept, u != 0);
        EXPECT_NEAR(penalty.value(g, &u), value(u), 1e-15 * (1 + value(u)));
        double lowest = objective(0);
        for (int i = penalty.positive ? 0 : -3000; i <= 3000; ++i)
          lowest = std::min(lowest, objective(i * h));
        EXPECT_LE(objective(u), lowest + 1e-12) << x << " " << t;
        EXPECT_GE(objective(u), lowest - 2 * h) << x << " " << t;
        EXPECT_TRUE(!penalty.positive || u >= 0);
        // Where the prox lies, x - u is in the subdifferential.
        const double c = x - u;
        EXPECT_NEAR(penalty.violation(g, t, &u, &c), 0, 1e-9);
      }
  });
}

TEST(Penalties, SlopeOfLogIsThatOfItsValue) {
  for_all_not_convex([](const auto& penalty, std::int64_t g, auto value) {
    for (double z : {0.3, 1.7}) {
      const double slope = (value(z + 1e-6) - value(z - 1e-6)) / 2e-6, k = 0.7;
      for (double c : {-0.4, 0.0, 1.1})
        EXPECT_NEAR(penalty.violation(g, k, &z, &c), std::abs(c - k * slope), 1e-8);
    }
  });
}

TEST(Penalties, LogTakesNumbersOfAnySize) {
  const auto penalty = make_penalty<float>(PenaltyName::log, 1.0, 1, {}, false);
  EXPECT_FALSE(penalty->convex());
  std::vector<float> x = {1e-30f, -1e-30f, 1e15f, -1e15f, 0.0f, 3.0f};
  std::vector<float> u = x;
  penalty->prox(0.5f, u);
  EXPECT_FLOAT_EQ(u[0], 0.5e-30f);  // x / (1 + 2 t / sigma^2) near zero
  EXPECT_EQ(u[1], -u[0]);
  EXPECT_FLOAT_EQ(u[2], 1e15f);  // hardly shrunk
  EXPECT_EQ(u[3], -u[2]);
  EXPECT_EQ(u[4], 0);
  penalty->prox(0.0f, x);
  EXPECT_FLOAT_EQ(x[5], 3);
}

}  // namespace
}  // namespace striate
