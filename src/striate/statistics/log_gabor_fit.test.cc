#include "striate/statistics/log_gabor_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <string>

#include "striate/core/random.h"
#include "striate/dictionaries/log_gabor.h"

namespace striate {
namespace {

using std::numbers::pi;
using Taps = std::vector<double>;
constexpr LogGaborConvention conventions[] = {LogGaborConvention::paper,
                                              LogGaborConvention::released};

LogGaborFit planted(std::uint64_t item) {
  Random random(3, stream("log-Gabor fit test"), item);
  const auto between = [&](double low, double high) {
    return low + (high - low) * random.uniform();
  };
  LogGaborFit fit;
  fit.theta = between(0, pi);
  fit.bandwidth = between(5, 30) * pi / 180;
  fit.frequency = between(0.15, 0.45);
  fit.phase = between(-pi, pi);
  fit.amplitude = between(0.1, 5);
  return fit;
}

// Planted filters as columns, with noise of this share of their root mean square.
Matrix<double> filters_of(const std::vector<LogGaborFit>& fits, std::int64_t height,
                          std::int64_t width, LogGaborConvention convention, double noise) {
  Matrix<double> filters(height * width, std::ssize(fits));
  for (std::int64_t k = 0; k < filters.columns(); ++k) {
    const Taps taps =
        log_gabor_filter(fits[std::size_t(k)], height, width, {.convention = convention});
    double squares = 0;
    for (const double x : taps) squares += x * x;
    Random random(4, stream("log-Gabor fit noise"), std::uint64_t(k));
    for (std::int64_t i = 0; i < filters.rows(); ++i)
      filters(i, k) = taps[std::size_t(i)] +
                      noise * std::sqrt(squares / double(filters.rows())) * random.normal();
  }
  return filters;
}

// Of two filters without their means, by plain sums.
double correlation(std::span<const double> a, std::span<const double> b) {
  double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    ma += a[i] / double(a.size()), mb += b[i] / double(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return ab / std::sqrt(aa * bb);
}

void expect_same(const LogGaborFit& fit, const LogGaborFit& truth, double tolerance) {
  EXPECT_NEAR(std::remainder(fit.theta - truth.theta, pi), 0, tolerance);
  EXPECT_NEAR(fit.bandwidth / truth.bandwidth, 1, tolerance);
  EXPECT_NEAR(fit.frequency / truth.frequency, 1, tolerance);
  EXPECT_NEAR(fit.amplitude / truth.amplitude, 1, tolerance);
  // Orientations just below pi and just above 0 are the same with opposite phases.
  const bool opposite = std::cos(fit.theta - truth.theta) < 0;
  EXPECT_NEAR(std::remainder(fit.phase - (opposite ? -truth.phase : truth.phase), 2 * pi), 0,
              tolerance);
}

TEST(LogGaborFit, FindsPlantedOnes) {
  for (const auto convention : conventions)
    for (const auto& [height, width] : {std::pair{8, 8}, {12, 12}, {13, 13}, {21, 21}, {9, 16}}) {
      std::vector<LogGaborFit> truth;
      for (std::uint64_t k = 0; k < 10; ++k) truth.push_back(planted(k));
      const auto filters = filters_of(truth, height, width, convention, 0);
      const auto fits = fit_log_gabor<double>(filters, height, width, {.convention = convention});
      ASSERT_EQ(fits.size(), truth.size());
      for (std::size_t k = 0; k < fits.size(); ++k) {
        SCOPED_TRACE(testing::Message() << height << " x " << width << ", filter " << k);
        EXPECT_GT(fits[k].correlation, 1 - 1e-8);
        expect_same(fits[k], truth[k], 1e-3);
        EXPECT_GE(fits[k].theta, 0);
        EXPECT_LT(fits[k].theta, pi);
        EXPECT_GT(fits[k].phase, -pi);
        EXPECT_LE(fits[k].phase, pi);
        EXPECT_FALSE(fits[k].bandwidth_at_bound || fits[k].frequency_at_bound);
      }
    }
}

// Orientations, bandwidths and phases as log_gabor says them, but for those that 8 x 8 pixels
// cannot tell apart: there only the filter is the same.
TEST(LogGaborFit, FindsTheBanks) {
  for (const auto convention : conventions)
    for (const int side : {8, 12}) {
      const auto bank =
          log_gabor<double>({.convention = convention, .height = side, .width = side});
      const auto fits = fit_log_gabor<double>(bank.filters.view().middle_columns(0, 48), side, side,
                                              {.convention = convention});
      for (std::size_t k = 0; k < fits.size(); ++k) {
        SCOPED_TRACE(k);
        EXPECT_GT(fits[k].correlation, 1 - 1e-8);
        if (side == 8 && bank.bandwidth[k] < 0.1) continue;
        LogGaborFit truth;
        truth.theta = bank.theta[k], truth.bandwidth = bank.bandwidth[k];
        truth.phase = bank.phase[k], truth.frequency = 0.4, truth.amplitude = 1;
        expect_same(fits[k], truth, 1e-3);
      }
    }
}

TEST(LogGaborFit, ExplainsWhatNoiseLeaves) {
  for (const auto convention : conventions)
    for (const int side : {8, 13, 21}) {
      std::vector<LogGaborFit> truth;
      for (std::uint64_t k = 0; k < 10; ++k) truth.push_back(planted(k));
      const auto clean = filters_of(truth, side, side, convention, 0);
      const auto noisy = filters_of(truth, side, side, convention, 0.3);
      const auto fits = fit_log_gabor<double>(noisy, side, side, {.convention = convention});
      double turned = 0;
      for (std::size_t k = 0; k < fits.size(); ++k) {
        SCOPED_TRACE(testing::Message() << side << ", filter " << k);
        const auto given = noisy.view().column(std::int64_t(k));
        const Taps taps = log_gabor_filter(fits[k], side, side, {.convention = convention});
        EXPECT_NEAR(fits[k].correlation, correlation(given, taps), 1e-9);
        // The truth is one of the filters tried; what it may miss is said in the header.
        EXPECT_GT(fits[k].correlation,
                  correlation(given, clean.view().column(std::int64_t(k))) - 1e-3);
        const double turn = std::remainder(fits[k].theta - truth[k].theta, pi);
        EXPECT_LT(std::abs(turn), 0.15);
        turned += turn * turn / 10;
      }
      EXPECT_LT(std::sqrt(turned), 0.05);
    }
}

TEST(LogGaborFit, ScaleSignAndMeanDoNotMatter) {
  const std::vector<LogGaborFit> truth = {planted(1), planted(2)};
  for (const auto convention : conventions) {
    Matrix<double> filters = filters_of(truth, 12, 12, convention, 0.2), changed = filters;
    for (std::int64_t i = 0; i < 144; ++i)
      for (std::int64_t k = 0; k < 2; ++k) changed(i, k) = 7 - 1e6 * filters(i, k);
    const auto fits = fit_log_gabor<double>(filters, 12, 12, {.convention = convention});
    const auto same = fit_log_gabor<double>(changed, 12, 12, {.convention = convention});
    for (std::size_t k = 0; k < 2; ++k) {
      LogGaborFit back = same[k];
      back.amplitude *= 1e-6;
      back.phase += pi;
      expect_same(back, fits[k], 1e-5);
      EXPECT_NEAR(back.correlation, fits[k].correlation, 1e-9);
    }
  }
}

TEST(LogGaborFit, SaysWhatIsOnItsBound) {
  LogGaborFit truth = planted(3);
  truth.bandwidth = 40 * pi / 180;
  truth.frequency = 0.3;
  const auto filters = filters_of({truth}, 12, 12, LogGaborConvention::released, 0);
  LogGaborFitSettings settings{.convention = LogGaborConvention::released, .max_bandwidth = 30};
  LogGaborFit fit = fit_log_gabor<double>(filters, 12, 12, settings)[0];
  EXPECT_TRUE(fit.bandwidth_at_bound);
  EXPECT_FALSE(fit.frequency_at_bound);
  EXPECT_NEAR(fit.bandwidth, pi / 6, 1e-4);
  EXPECT_LT(fit.correlation, 1 - 1e-6);
  settings.max_bandwidth = 60;
  settings.frequency = 0.2;
  fit = fit_log_gabor<double>(filters, 12, 12, settings)[0];
  EXPECT_DOUBLE_EQ(fit.frequency, 0.2);
  EXPECT_FALSE(fit.frequency_at_bound);
  settings.frequency = 0.3;
  fit = fit_log_gabor<double>(filters, 12, 12, settings)[0];
  EXPECT_GT(fit.correlation, 1 - 1e-8);
  expect_same(fit, truth, 1e-3);
}

TEST(LogGaborFit, OfConstantFiltersIsZero) {
  Matrix<float> filters(64, 3);
  for (std::int64_t i = 0; i < 64; ++i) filters(i, 1) = 0.1f;
  filters(27, 2) = 1;  // a point has all orientations alike, and a fit
  const auto fits = fit_log_gabor<float>(filters, 8, 8);
  for (const std::size_t k : {0u, 1u}) {
    EXPECT_EQ(fits[k].correlation, 0);
    EXPECT_EQ(fits[k].amplitude, 0);
    EXPECT_EQ(fits[k].theta, 0);
    EXPECT_EQ(fits[k].bandwidth, 0);
    EXPECT_FALSE(fits[k].bandwidth_at_bound);
    for (const double x : log_gabor_filter(fits[k], 8, 8)) EXPECT_EQ(x, 0);
  }
  EXPECT_GT(fits[2].correlation, 0.1);
  EXPECT_LE(fits[2].correlation, 1);
  EXPECT_TRUE(fit_log_gabor<float>(Matrix<float>(64, 0), 8, 8).empty());
}

TEST(LogGaborFit, SameBitsForAnyNumberOfThreadsAndAnySplit) {
  std::vector<LogGaborFit> truth;
  for (std::uint64_t k = 0; k < 5; ++k) truth.push_back(planted(k));
  const auto filters = filters_of(truth, 8, 9, LogGaborConvention::paper, 0.5);
  const auto alone = fit_log_gabor<double>(filters.view().middle_columns(3, 1), 8, 9)[0];
  for (const int threads : {1, 2, 4}) {
    const auto fits = fit_log_gabor<double>(filters, 8, 9, {}, {.threads = threads});
    EXPECT_EQ(fits[3].theta, alone.theta);
    EXPECT_EQ(fits[3].bandwidth, alone.bandwidth);
    EXPECT_EQ(fits[3].phase, alone.phase);
    EXPECT_EQ(fits[3].correlation, alone.correlation);
  }
}

std::string message(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(LogGaborFit, RefusesWhatIsNoFilter) {
  Matrix<double> filters(64, 2);
  EXPECT_EQ(message([&] { fit_log_gabor<double>(filters, 8, 7); }),
            "fit_log_gabor: filters of 64 taps; 8 x 7 are 56");
  EXPECT_EQ(message([&] { fit_log_gabor<double>(filters, 32, 2); }),
            "fit_log_gabor: filters of 32 x 2 taps; at least 4 x 4 are needed");
  EXPECT_EQ(message([&] {
              fit_log_gabor<double>(filters, 8, 8, {.min_bandwidth = 30, .max_bandwidth = 20});
            }),
            "fit_log_gabor: bandwidths from 30 to 20 degrees; the first must be below the second");
  EXPECT_EQ(
      message([&] { fit_log_gabor<double>(filters, 8, 8, {.frequency = 0.7}); }).substr(0, 25),
      "fit_log_gabor: frequency ");
  filters(5, 1) = NAN;
  EXPECT_EQ(message([&] { fit_log_gabor<double>(filters, 8, 8); }),
            "fit_log_gabor: filter 1 has a tap that is not finite; all must be numbers");
  LogGaborFit fit;
  fit.amplitude = 1;
  EXPECT_EQ(message([&] { log_gabor_filter(fit, 8, 8); }).substr(0, 29),
            "log_gabor_filter: bandwidth i");
}

}  // namespace
}  // namespace striate
