#include "striate/convolutional/admm_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/convolutional/convolution.h"
#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Image<double> waves() {
  Image<double> s(16, 15);
  for (std::int64_t i = 0; i < 16; ++i)
    for (std::int64_t j = 0; j < 15; ++j)
      s(i, j) = std::sin(0.9 * double(i)) * std::cos(0.4 * double(j)) +
                0.3 * std::cos(0.05 * double(i * j));
  return s;
}

FilterBank<double> wave_filters() {
  Matrix<double> taps(16, 3);
  for (std::int64_t k = 0; k < 3; ++k) {
    double squares = 0;
    for (std::int64_t a = 0; a < 4; ++a)
      for (std::int64_t b = 0; b < 4; ++b) {
        taps(a * 4 + b, k) =
            std::cos(1.3 * double(k + 1) * double(a) + 0.7 * double(b) + 0.5 * double(k));
        squares += taps(a * 4 + b, k) * taps(a * 4 + b, k);
      }
    for (double& x : taps.column(k)) x /= std::sqrt(squares);
  }
  return {taps.view(), 4, 4};
}

template <class T>
ReferenceResult<T> solve(const FilterBank<T>& bank, const Image<T>& image,
                         const ReferenceSettings& settings, const Run& run = {}) {
  return admm_reference<T>(bank, std::span(&image, 1), settings, run);
}

// Figures printed by SPORCO 0.2 for this problem with its defaults.
TEST(AdmmReference, MeetsThePrintedTrace) {
  const auto image = waves();
  const auto result = solve(wave_filters(), image, {.lambda = 0.1, .max_iterations = 10});
  const auto& trace = result.info.trace;
  const auto meets = [](double value, double printed) {
    EXPECT_NEAR(value, printed, 1e-9 * printed);
  };
  struct Row {
    std::size_t i;
    double objective, fidelity, l1, primal, dual, rho;
  };
  for (const Row& row :
       {Row{0, 22.2133136822, 19.6126171638, 26.0069651836, .378825666953, 5.25630940855, 6},
        Row{1, 17.0782198974, 12.7838135956, 42.9440630174, .128654107229, 2.04083271938, 6},
        Row{2, 15.1049209153, 8.62864401724, 64.7627689807, .239804715472, 1.03819813948,
            1.06523242117},
        Row{9, 13.8182325281, 4.49836681617, 93.1986571191, .113146325212, .065291339446,
            .153415425664}}) {
    meets(trace[row.i].objective_x, row.objective);
    meets(trace[row.i].data_fidelity, row.fidelity);
    meets(trace[row.i].l1, row.l1);
    meets(trace[row.i].primal, row.primal);
    meets(trace[row.i].dual, row.dual);
    meets(trace[row.i].rho, row.rho);
  }
}

// The same iteration, written down plainly: maps and images as circular sums in space, the linear
// system solved densely.
TEST(AdmmReference, IsThePlainIteration) {
  const auto image = waves();
  const auto bank = wave_filters();
  const std::int64_t n = 16 * 15, size = 3 * n;
  Matrix<double> d(n, size);  // column (k, p): the atom of filter k at p
  for (std::int64_t k = 0; k < 3; ++k)
    for (std::int64_t p = 0; p < n; ++p)
      for (std::int64_t a = 0; a < 4; ++a)
        for (std::int64_t b = 0; b < 4; ++b)
          d(((p / 15 + a) % 16) * 15 + (p % 15 + b) % 15, k * n + p) =
              bank.filter(k)[std::size_t(a * 4 + b)];
  for (const bool positive : {false, true}) {
    const double rho = 0.7, alpha = 1.5, lambda = 0.2;
    const std::vector<double> weights{1, 0.5, 2};
    std::vector<double> y(std::size_t(size), 0), u(y), x(y);
    for (int i = 0; i < 4; ++i) {
      // (D'D + rho) x = D's + rho (y - u), by conjugate gradients to rounding
      const auto apply = [&](const std::vector<double>& v, std::vector<double>& out) {
        std::vector<double> image_of(std::size_t(n), 0);
        for (std::int64_t j = 0; j < size; ++j)
          for (std::int64_t r = 0; r < n; ++r)
            image_of[std::size_t(r)] += d(r, j) * v[std::size_t(j)];
        for (std::int64_t j = 0; j < size; ++j) {
          out[std::size_t(j)] = rho * v[std::size_t(j)];
          for (std::int64_t r = 0; r < n; ++r)
            out[std::size_t(j)] += d(r, j) * image_of[std::size_t(r)];
        }
      };
      std::vector<double> b(y), r(y), q(y), p(y);
      for (std::int64_t j = 0; j < size; ++j) {
        b[std::size_t(j)] = rho * (y[std::size_t(j)] - u[std::size_t(j)]);
        for (std::int64_t row = 0; row < n; ++row)
          b[std::size_t(j)] += d(row, j) * image.data()[row];
      }
      apply(x, q);
      double squares = 0;
      for (std::size_t j = 0; j < r.size(); ++j) {
        r[j] = p[j] = b[j] - q[j];
        squares += r[j] * r[j];
      }
      for (int step = 0; step < 400 && squares > 1e-26; ++step) {
        apply(p, q);
        double curvature = 0, next = 0;
        for (std::size_t j = 0; j < r.size(); ++j) curvature += p[j] * q[j];
        for (std::size_t j = 0; j < r.size(); ++j) {
          x[j] += squares / curvature * p[j];
          r[j] -= squares / curvature * q[j];
          next += r[j] * r[j];
        }
        for (std::size_t j = 0; j < r.size(); ++j) p[j] = r[j] + next / squares * p[j];
        squares = next;
      }
      for (std::size_t j = 0; j < y.size(); ++j) {
        const double a = alpha * x[j] + (1 - alpha) * y[j], v = a + u[j];
        const double cut = lambda * weights[j / std::size_t(n)] / rho;
        y[j] = v > cut ? v - cut : v < -cut && !positive ? v + cut : 0;
        u[j] = v - y[j];
      }
    }
    const auto result = solve(bank, image,
                              {.lambda = lambda,
                               .max_iterations = 4,
                               .rel_stop = 0,
                               .rho = rho,
                               .relaxation = alpha,
                               .auto_rho = {.enabled = false},
                               .non_negative = positive,
                               .return_x = true,
                               .penalty_weights = weights});
    const auto maps = result.codes[0].to_dense();
    for (std::int64_t j = 0; j < size; ++j) {
      ASSERT_NEAR(maps(j % n, j / n), y[std::size_t(j)], 1e-10);
      ASSERT_NEAR(result.x[0](j % n, j / n), x[std::size_t(j)], 1e-10);
    }
  }
}

TEST(AdmmReference, SmallerStepsAndTheStopRules) {
  const auto image = waves();
  const auto bank = wave_filters();
  const ReferenceSettings settings{.lambda = 0.1, .max_iterations = 500};
  const auto result = solve(bank, image, settings);
  EXPECT_EQ(result.info.status, Status::converged);
  EXPECT_LT(result.info.trace.back().primal, 1e-3);
  EXPECT_LT(result.info.trace.back().dual, 1e-3);
  auto other = settings;
  other.standard_residuals = true;
  other.abs_stop = 1e-4;
  EXPECT_EQ(solve(bank, image, other).info.status, Status::converged);
  other = settings;
  other.max_iterations = 3;
  EXPECT_EQ(solve(bank, image, other).info.status, Status::iteration_limit);
  other = settings;
  other.no_boundary_crossing = true;
  const auto inside = solve(bank, image, other);
  EXPECT_EQ(inside.codes[0].shape().rows(), 13);
  EXPECT_GE(inside.info.objective, result.info.objective * (1 - 1e-6));
}

// A colour image by filters of three channels, against its three channels by filters that lie in
// one of them.
TEST(AdmmReference, ChannelsTogetherAndApart) {
  const auto grey = waves();
  Image<double> colour(16, 15, 2);
  for (std::int64_t i = 0; i < grey.size(); ++i) {
    colour.data()[2 * i] = grey.data()[i];
    colour.data()[2 * i + 1] = grey.data()[(i * 7) % grey.size()];
  }
  const auto bank = wave_filters();
  Matrix<double> taps(32, 6);
  for (std::int64_t k = 0; k < 3; ++k)
    for (std::int64_t c = 0; c < 2; ++c)
      for (std::int64_t i = 0; i < 16; ++i)
        taps(2 * i + c, 2 * k + c) = bank.filter(k)[std::size_t(i)];
  const ReferenceSettings settings{
      .lambda = 0.1, .max_iterations = 5, .rho = 1, .auto_rho = {.enabled = false}};
  const auto both = solve(FilterBank<double>(taps.view(), 4, 4, 2), colour, settings);
  double sum = 0;
  for (std::int64_t c = 0; c < 2; ++c) {
    Image<double> channel(16, 15);
    for (std::int64_t i = 0; i < grey.size(); ++i) channel.data()[i] = colour.data()[2 * i + c];
    sum += solve(bank, channel, settings).info.objective;
  }
  EXPECT_NEAR(both.info.objective, sum, 1e-10 * sum);
}

TEST(AdmmReference, ABatchSharesItsRho) {
  const std::vector<Image<double>> twice{waves(), waves()};
  const auto bank = wave_filters();
  const ReferenceSettings settings{.lambda = 0.1, .max_iterations = 20};
  const auto one = solve(bank, twice[0], settings);
  const auto two = admm_reference<double>(bank, twice, settings);
  EXPECT_NEAR(two.info.trace.back().rho, one.info.trace.back().rho, 1e-9);
  EXPECT_EQ(two.codes[0], two.codes[1]);
  EXPECT_NEAR(two.info.objective, 2 * one.info.objective, 1e-9);
}

TEST(AdmmReference, SameBitsForAnyThreadsAndFloatFollows) {
  const auto image = waves();
  const auto bank = wave_filters();
  const ReferenceSettings settings{.lambda = 0.1, .max_iterations = 30};
  const auto one = solve(bank, image, settings, {.threads = 1});
  EXPECT_EQ(one.codes, solve(bank, image, settings, {.threads = 4}).codes);
  Matrix<float> taps(16, 3);
  for (std::int64_t k = 0; k < 3; ++k)
    for (std::int64_t i = 0; i < 16; ++i) taps(i, k) = float(bank.filter(k)[std::size_t(i)]);
  Image<float> single(16, 15);
  for (std::int64_t i = 0; i < image.size(); ++i) single.data()[i] = float(image.data()[i]);
  const auto rough = solve(FilterBank<float>(taps.view(), 4, 4), single, settings);
  EXPECT_NEAR(rough.info.objective, one.info.objective, 1e-3 * one.info.objective);
}

TEST(AdmmReference, RefusesByName) {
  const auto bank = wave_filters();
  const auto refuses = [&](const std::vector<Image<double>>& images, ReferenceSettings settings,
                           const char* words) {
    EXPECT_THAT([&] { admm_reference<double>(bank, images, settings); },
                ThrowsMessage<Error>(HasSubstr(words)));
  };
  refuses({}, {.lambda = 0.1}, "no images");
  refuses({waves(), Image<double>(16, 14)}, {.lambda = 0.1}, "16 x 14 pixels");
  refuses({Image<double>(3, 20)}, {.lambda = 0.1}, "filters may not be larger");
  refuses({Image<double>(16, 15, 3)}, {.lambda = 0.1}, "3 channels");
  refuses({waves()}, {.lambda = -1}, "lambda is -1");
  refuses({waves()}, {.lambda = 0.1, .relaxation = 3}, "relaxation is 3");
  refuses({waves()}, {.lambda = 0.1, .penalty_weights = {1, 2}}, "penalty_weights has 2");
  auto nan = waves();
  nan(2, 3) = NAN;
  refuses({nan}, {.lambda = 0.1}, "not finite");
}

}  // namespace
}  // namespace striate
