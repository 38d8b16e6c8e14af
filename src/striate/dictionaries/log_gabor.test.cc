#include "striate/dictionaries/log_gabor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <numbers>
#include <numeric>
#include <string>

namespace striate {
namespace {

using std::numbers::pi;
using testing::HasSubstr;
using testing::StartsWith;
using Taps = std::vector<double>;

constexpr auto paper = LogGaborConvention::paper;
constexpr auto released = LogGaborConvention::released;
constexpr auto homogeneous = LogGaborKind::homogeneous;
constexpr auto heterogeneous = LogGaborKind::heterogeneous;

double sum(std::span<const double> x) { return std::accumulate(x.begin(), x.end(), 0.); }
double product(std::span<const double> x, std::span<const double> y) {
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.);
}

std::string message(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Re sum_f D(f) exp(2 pi i f (p - centre)) / pixels, by the sum itself; f = (-n/2 ...) / n.
Taps transformed(int height, int width,
                 const std::function<std::complex<double>(double, double)>& spectrum) {
  Taps taps;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      double tap = 0;
      for (int u = -(height / 2); u < height - height / 2; ++u)
        for (int v = -(width / 2); v < width - width / 2; ++v) {
          const double row = double(u) / height, column = double(v) / width;
          const double angle = 2 * pi * (row * (y - height / 2) + column * (x - width / 2));
          tap += (spectrum(row, column) * std::polar(1., angle)).real();
        }
      taps.push_back(tap / (height * width));
    }
  return taps;
}

// The equations word for word.
Taps by_the_paper(int height, int width, double theta, double degrees, bool odd) {
  const double sd = degrees * pi / 180 / std::sqrt(2 * std::log(2));
  Taps taps = transformed(height, width, [&](double row, double column) -> std::complex<double> {
    const double f = std::hypot(row, column), a = std::atan2(column, row);
    if (f == 0) return 0;
    const double x = std::log(f / 0.4) / std::log(1 + 0.4 / 0.4);
    const double even =
        std::exp(-x * x / 2) * std::exp((std::cos(2 * (a - theta)) - 1) / (4 * sd * sd));
    if (!odd) return even;
    const double c = std::cos(a - theta);
    return {0, std::abs(c) < 1e-12 ? 0 : c > 0 ? even : -even};
  });
  const double norm = std::sqrt(product(taps, taps));
  for (double& x : taps) x /= norm;
  return taps;
}

Taps by_the_program(int height, int width, double theta, double degrees, bool odd) {
  const double b = degrees * pi / 180;
  Taps taps = transformed(height, width, [&](double row, double column) -> std::complex<double> {
    double f = std::hypot(row, column);
    const double a = std::atan2(column, row);
    if (f == 0) f = 1e-6;
    if (f >= 0.5) return 0;
    const double x = std::log(f / 0.4) / 0.4, low = 0.5 / std::max(height, width);
    const double pass =
        (1 - std::exp((f - 0.5) / 0.035)) * (1 - std::exp(-0.5 * f * f / (low * low)));
    return std::exp(-x * x / 2) / f * std::exp((std::cos(a - theta) - 1) / (b * b)) * pass *
           std::polar(1., odd ? -pi / 2 : 0);
  });
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double r = std::hypot(-1 + 2. * y / (height - 1), -1 + 2. * x / (width - 1));
      taps[std::size_t(y * width + x)] *= r < 1 ? std::pow((1 + std::cos(pi * r)) / 2, 1. / 3) : 0;
    }
  Taps sorted = taps;
  std::sort(sorted.begin(), sorted.end());
  const double median = (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2;
  double largest = 0;
  for (double& x : taps) largest = std::max(largest, std::abs(x -= median));
  for (double& x : taps) x /= largest;
  return taps;
}

TEST(LogGabor, GivesThePublishedProgramsBank) {
  const auto bank = log_gabor<double>({.convention = released});
  ASSERT_EQ(bank.filters.rows(), 144);
  ASSERT_EQ(bank.filters.columns(), 144);
  const std::span<const double> all(bank.filters.data(), bank.filters.size());
  const auto norm = [&](int k) {
    return std::sqrt(product(bank.filters.column(k), bank.filters.column(k)));
  };
  // Half a unit of the last digit that is known of each.
  EXPECT_NEAR(sum(all), -1.983858333, 5e-10);
  EXPECT_NEAR(product(all, all), 836.6344256, 5e-8);
  EXPECT_NEAR(norm(0), 3.0737833, 5e-8);
  EXPECT_NEAR(norm(1), 3.928002, 5e-7);
  EXPECT_NEAR(norm(143), 1.92855865, 5e-9);
}

TEST(LogGabor, IsWhatItsEquationsSayAtAnyShape) {
  for (const auto& [height, width] : {std::pair{12, 12}, {9, 9}, {8, 13}, {11, 6}})
    for (const LogGaborConvention convention : {paper, released})
      for (const LogGaborKind kind : {heterogeneous, homogeneous}) {
        const auto bank = log_gabor<double>(
            {.kind = kind, .convention = convention, .height = height, .width = width});
        for (std::int64_t k = 0; k < bank.filters.columns(); k += 11) {
          const auto at = std::size_t(k);
          const Taps taps = (convention == paper ? by_the_paper : by_the_program)(
              height, width, bank.theta[at], bank.bandwidth[at] * 180 / pi, k % 2);
          // Sums of at most 144 terms, each right to a few units of 1e-16 of the largest tap.
          for (std::size_t i = 0; i < taps.size(); ++i)
            ASSERT_NEAR(bank.filters(std::int64_t(i), k), taps[i], 1e-12)
                << height << " x " << width << ", filter " << k << ", tap " << i;
        }
      }
}

TEST(LogGabor, IndexRunsOverPhasesThenBandwidthsThenOrientations) {
  for (const LogGaborConvention convention : {paper, released}) {
    const auto many = log_gabor<double>({.convention = convention});
    const double first = convention == paper ? 3 : 5;
    ASSERT_EQ(many.theta.size(), 144u);
    for (int theta = 0; theta < 12; ++theta)
      for (int b = 0; b < 6; ++b)
        for (int phase = 0; phase < 2; ++phase) {
          const auto k = std::size_t((theta * 6 + b) * 2 + phase);
          EXPECT_DOUBLE_EQ(many.theta[k], pi * theta / 12);
          EXPECT_DOUBLE_EQ(many.bandwidth[k], pi / 180 * (first + b * (30 - first) / 5));
          EXPECT_DOUBLE_EQ(many.phase[k], pi / 2 * phase);
        }
    const auto one = log_gabor<double>({.kind = homogeneous, .convention = convention});
    ASSERT_EQ(one.theta.size(), 144u);
    ASSERT_EQ(one.filters.columns(), 144);
    for (int theta = 0; theta < 72; ++theta)
      for (int phase = 0; phase < 2; ++phase) {
        const auto k = std::size_t(theta * 2 + phase);
        EXPECT_DOUBLE_EQ(one.theta[k], pi * theta / 72);
        EXPECT_DOUBLE_EQ(one.bandwidth[k], pi / 15);
        EXPECT_DOUBLE_EQ(one.phase[k], pi / 2 * phase);
      }
  }
}

TEST(LogGabor, OfThePaperHasUnitNormAndSumZero) {
  for (const LogGaborKind kind : {heterogeneous, homogeneous})
    for (const int side : {7, 12}) {
      const auto bank = log_gabor<double>({.kind = kind, .height = side, .width = 12});
      for (std::int64_t k = 0; k < bank.filters.columns(); ++k) {
        const auto d = bank.filters.column(k);
        EXPECT_NEAR(product(d, d), 1, 1e-13);
        EXPECT_NEAR(sum(d), 0, 1e-13);
      }
    }
}

// About row height / 2 and column width / 2 of a plane that repeats.
TEST(LogGabor, OfThePaperIsEvenAndOddInQuadrature) {
  for (const auto& [height, width] : {std::pair{12, 12}, {11, 14}}) {
    const auto bank = log_gabor<double>({.height = height, .width = width});
    for (std::int64_t k = 0; k < bank.filters.columns(); ++k) {
      const auto d = bank.filters.column(k);
      const auto tap = [&, height = height, width = width](int y, int x) {
        return d[std::size_t((y + height) % height * width + (x + width) % width)];
      };
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
          ASSERT_NEAR(tap(height / 2 + y, width / 2 + x),
                      (k % 2 ? -1 : 1) * tap(height / 2 - y, width / 2 - x), 1e-13);
      EXPECT_NEAR(product(d, bank.filters.column(k - k % 2)), k % 2 ? 0 : 1, 1e-13);
    }
  }
}

// Odd filters lack the waves at right angles to their own, so what they have is scaled up, all of it
// alike. (An odd number of pixels: no frequency is its own opposite but 0.)
TEST(LogGabor, PhasesOfThePaperHaveOneAmplitude) {
  const int n = 13;
  const auto bank = log_gabor<double>({.height = n, .width = n, .orientations = 7});
  for (std::int64_t k = 0; k < bank.filters.columns(); k += 10) {
    const double down = std::cos(bank.theta[std::size_t(k)]);
    const double right = std::sin(bank.theta[std::size_t(k)]);
    Taps even, odd;
    for (int u = -6; u <= 6; ++u)
      for (int v = 0; v <= 6; ++v) {
        if (std::abs(u * down + v * right) < 1e-9) continue;
        std::complex<double> a = 0, b = 0;
        for (int y = 0; y < n; ++y)
          for (int x = 0; x < n; ++x) {
            const auto wave = std::polar(1., -2 * pi * (u * y + v * x) / n);
            a += bank.filters(n * y + x, k) * wave;
            b += bank.filters(n * y + x, k + 1) * wave;
          }
        even.push_back(std::norm(a));
        odd.push_back(std::norm(b));
      }
    const double ratio = sum(odd) / sum(even);
    EXPECT_GT(ratio, 1 - 1e-12);
    for (std::size_t i = 0; i < even.size(); ++i) ASSERT_NEAR(odd[i], ratio * even[i], 1e-12);
  }
}

// theta is the direction of the wave: 0 down the columns, where rows differ and columns do not.
TEST(LogGabor, OrientationCountsFromTheColumns) {
  for (const LogGaborConvention convention : {paper, released}) {
    const auto bank = log_gabor<double>({.convention = convention});
    for (const int phase : {0, 1}) {
      double along_rows = 0, down_columns = 0;
      for (int y = 3; y < 9; ++y)
        for (int x = 3; x < 9; ++x) {
          along_rows +=
              std::abs(bank.filters(12 * y + x, phase) - bank.filters(12 * y + x + 1, phase));
          down_columns +=
              std::abs(bank.filters(12 * y + x, phase) - bank.filters(12 * (y + 1) + x, phase));
        }
      EXPECT_LT(3 * along_rows, down_columns);
      // A quarter turn is a transposition of the square.
      for (int y = 0; y < 12; ++y)
        for (int x = 0; x < 12; ++x)
          EXPECT_NEAR(bank.filters(12 * y + x, phase), bank.filters(12 * x + y, 72 + phase), 1e-12);
    }
  }
}

TEST(LogGabor, SettingsReplaceTheirDefaults) {
  const auto bank = log_gabor<float>({.height = 16,
                                      .width = 20,
                                      .orientations = 5,
                                      .angular_bandwidths = {20, 40},
                                      .peak_frequency = 0.2,
                                      .frequency_spread = 0.5});
  EXPECT_EQ(bank.filters.rows(), 320);
  EXPECT_EQ(bank.filters.columns(), 20);
  EXPECT_DOUBLE_EQ(bank.theta[19], pi * 4 / 5);
  EXPECT_DOUBLE_EQ(bank.bandwidth[3], pi / 180 * 40);
  const auto defaults = log_gabor<double>();
  const auto same = log_gabor<double>({.orientations = 12,
                                       .angular_bandwidths = {3, 8.4, 13.8, 19.2, 24.6, 30},
                                       .frequency_spread = std::log(2)});
  EXPECT_EQ(defaults.filters, same.filters);
}

TEST(LogGabor, SurvivesSmallShapesAndNarrowBands) {
  for (const LogGaborConvention convention : {paper, released})
    for (const LogGaborKind kind : {heterogeneous, homogeneous})
      for (int height = 4; height < 9; ++height)
        for (int width = 4; width < 9; ++width) {
          const auto bank = log_gabor<double>(
              {.kind = kind, .convention = convention, .height = height, .width = width});
          for (std::size_t i = 0; i < bank.filters.size(); ++i)
            ASSERT_TRUE(std::isfinite(bank.filters.data()[i]));
        }
  // exp(cos / B^2) alone would be beyond the largest number.
  const auto narrow = log_gabor<double>({.convention = released, .angular_bandwidths = {0.1}});
  for (std::size_t i = 0; i < narrow.filters.size(); ++i)
    ASSERT_LE(std::abs(narrow.filters.data()[i]), 1);
}

TEST(LogGabor, AtomsAreTheFiltersAtNormOne) {
  const auto bank = log_gabor<double>({.convention = released});
  const Matrix<double> atoms = log_gabor_atoms<double>({.convention = released});
  for (std::int64_t k = 0; k < atoms.columns(); ++k) {
    const double norm = std::sqrt(product(bank.filters.column(k), bank.filters.column(k)));
    for (std::int64_t i = 0; i < atoms.rows(); ++i)
      EXPECT_NEAR(norm * atoms(i, k), bank.filters(i, k), 1e-14);
  }
}

TEST(LogGabor, RefusesWhatItCannotMake) {
  EXPECT_EQ(message([] { log_gabor<double>({.height = 3}); }),
            "log_gabor: height is 3; it must be from 4 to 1024");
  EXPECT_THAT(message([] { log_gabor<double>({.width = 0}); }),
              StartsWith("log_gabor: width is 0"));
  EXPECT_THAT(message([] { log_gabor<double>({.orientations = 0}); }),
              StartsWith("log_gabor: orientations is 0"));
  EXPECT_THAT(message([] {
                log_gabor<double>({.angular_bandwidths = {12, 0}});
              }),
              HasSubstr("angular_bandwidths"));
  EXPECT_THAT(message([] { log_gabor<double>({.peak_frequency = NAN}); }),
              StartsWith("log_gabor: peak_frequency"));
  // So narrow a curve, so low, has no frequency of a grid of 12.
  EXPECT_THAT(
      message([] { log_gabor<double>({.peak_frequency = 0.001, .frequency_spread = 0.01}); }),
      HasSubstr("is 0 on 12 x 12 pixels"));
}

}  // namespace
}  // namespace striate
