#include "striate/statistics/gabor_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "striate/core/random.h"

namespace striate {
namespace {

constexpr double pi = std::numbers::pi;

// A Gabor well inside a patch of 16 x 16 pixels.
GaborFit planted(std::uint64_t item) {
  Random random(3, stream("gabor test"), item);
  const auto between = [&](double low, double high) {
    return low + (high - low) * random.uniform();
  };
  GaborFit fit;
  fit.row = between(5, 10);
  fit.column = between(5, 10);
  fit.frequency = between(0.1, 0.35);
  fit.orientation = between(0, pi);
  fit.phase = between(-pi, pi);
  fit.width = between(1.5, 3.5);
  fit.length = between(1.5, 4);
  fit.amplitude = between(0.1, 2);
  return fit;
}

double explained(std::span<const double> atom, std::span<const double> model) {
  double error = 0, energy = 0;
  for (std::size_t i = 0; i < atom.size(); ++i) {
    error += (atom[i] - model[i]) * (atom[i] - model[i]);
    energy += atom[i] * atom[i];
  }
  return 1 - error / energy;
}

void expect_same_wave(const GaborFit& a, const GaborFit& b, double tolerance) {
  EXPECT_NEAR(a.row, b.row, tolerance);
  EXPECT_NEAR(a.column, b.column, tolerance);
  EXPECT_NEAR(a.frequency, b.frequency, tolerance);
  EXPECT_NEAR(a.width, b.width, tolerance);
  EXPECT_NEAR(a.length, b.length, tolerance);
  EXPECT_NEAR(a.amplitude, b.amplitude, tolerance);
  const double turn = std::remainder(a.orientation - b.orientation, pi);
  EXPECT_NEAR(turn, 0, tolerance);
  // Orientations just below pi and just above 0 are the same with opposite phases.
  const bool opposite = std::cos(a.orientation - b.orientation) < 0;
  EXPECT_NEAR(std::remainder(a.phase - (opposite ? -b.phase : b.phase), 2 * pi), 0, tolerance);
}

TEST(Gabor, IsTheFormulaAtThePixels) {
  GaborFit fit{.row = 2,
               .column = 3,
               .frequency = 0.2,
               .orientation = pi / 2,
               .phase = 0.3,
               .width = 1.5,
               .length = 4,
               .amplitude = 2};
  const auto values = gabor(fit, 8);
  ASSERT_EQ(values.size(), 64u);
  // Orientation 90 degrees: the wave runs down the rows, u = row - 2, v = -(column - 3).
  const double expected =
      2 * std::exp(-0.5 * (9 / 2.25 + 4 / 16.0)) * std::cos(2 * pi * 0.2 * 3 + 0.3);
  EXPECT_NEAR(values[5 * 8 + 1], expected, 1e-12);
}

TEST(GaborFit, FindsPlantedOnesExactly) {
  for (std::uint64_t i = 0; i < 60; ++i) {
    SCOPED_TRACE(i);
    const GaborFit truth = planted(i);
    const auto atom = gabor(truth, 16);
    const GaborFit fit = fit_gabor<double>(atom);
    EXPECT_GT(fit.explained, 1 - 1e-6);
    EXPECT_NEAR(explained(atom, gabor(fit, 16)), fit.explained, 1e-9);
    expect_same_wave(fit, truth, 0.01);
    EXPECT_GE(fit.orientation, 0);
    EXPECT_LT(fit.orientation, pi);
    EXPECT_GT(fit.phase, -pi);
    EXPECT_LE(fit.phase, pi);
  }
}

TEST(GaborFit, ExplainsWhatNoiseLeaves) {
  for (std::uint64_t i = 0; i < 20; ++i) {
    SCOPED_TRACE(i);
    const GaborFit truth = planted(i);
    auto atom = gabor(truth, 16);
    double energy = 0, noise_energy = 0;
    for (const double x : atom) energy += x * x;
    Random random(5, stream("gabor noise"), i);
    std::vector<double> noise(atom.size());
    for (double& x : noise) x = random.normal() * std::sqrt(0.1 * energy / 256);
    for (std::size_t k = 0; k < atom.size(); ++k) {
      atom[k] += noise[k];
      noise_energy += noise[k] * noise[k];
    }
    double total = 0;
    for (const double x : atom) total += x * x;
    const GaborFit fit = fit_gabor<double>(atom);
    // The best fit is at least as good as the truth, and eight parameters take up about 8 of 256
    // parts of the noise.
    EXPECT_GE(fit.explained, 1 - noise_energy / total - 1e-9);
    EXPECT_LT(fit.explained, 1 - 0.85 * noise_energy / total);
    EXPECT_NEAR(std::remainder(fit.orientation - truth.orientation, pi), 0, 0.15);
    EXPECT_NEAR(fit.frequency, truth.frequency, 0.03);
  }
}

TEST(GaborFit, NoiseIsNotExplained) {
  for (std::uint64_t i = 0; i < 10; ++i) {
    Random random(6, stream("gabor noise"), i);
    std::vector<float> atom(256);
    for (float& x : atom) x = static_cast<float>(random.normal());
    EXPECT_LT(fit_gabor<float>(atom).explained, 0.3);
  }
}

TEST(GaborFit, OfZerosIsZero) {
  const std::vector<float> zeros(64);
  const GaborFit fit = fit_gabor<float>(zeros);
  EXPECT_EQ(fit.amplitude, 0);
  EXPECT_EQ(fit.explained, 0);
}

TEST(GaborFit, ScaleAndSignOnlyChangeAmplitudeAndPhase) {
  const auto atom = gabor(planted(7), 12);
  auto scaled = atom;
  for (double& x : scaled) x *= -1000;
  const GaborFit a = fit_gabor<double>(atom);
  GaborFit b = fit_gabor<double>(scaled);
  b.amplitude /= 1000;
  b.phase += pi;
  expect_same_wave(a, b, 1e-4);
}

TEST(GaborFit, SameBitsForAnyNumberOfThreadsAndAnySplit) {
  Matrix<float> atoms(100, 9);
  Random random(8, stream("gabor threads"));
  for (std::int64_t k = 0; k < 9; ++k) {
    const auto wave = gabor(planted(static_cast<std::uint64_t>(k)), 10);
    for (std::int64_t i = 0; i < 100; ++i)
      atoms(i, k) = static_cast<float>(wave[static_cast<std::size_t>(i)] + 0.05 * random.normal());
  }
  const auto alone = fit_gabor<float>(atoms.view().column(4));
  for (const int threads : {1, 2, 4}) {
    striate::Run run;
    run.threads = threads;
    const auto fits = fit_gabors<float>(atoms, run);
    ASSERT_EQ(fits.size(), 9u);
    EXPECT_EQ(fits[4].frequency, alone.frequency);
    EXPECT_EQ(fits[4].phase, alone.phase);
    EXPECT_EQ(fits[4].explained, alone.explained);
  }
  EXPECT_TRUE(fit_gabors<float>(Matrix<float>(100, 0)).empty());
}

TEST(GaborFit, RefusesWhatIsNoPatch) {
  const std::vector<double> oblong(20, 1.0);
  try {
    fit_gabor<double>(oblong);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(
        error.what(),
        "fit_gabor: an atom of 20 values; it must be a square patch of at least 4 x 4 grey "
        "pixels");
  }
  Matrix<double> bad(16, 2);
  bad(3, 1) = NAN;
  EXPECT_THROW(fit_gabors<double>(bad), Error);
}

}  // namespace
}  // namespace striate
