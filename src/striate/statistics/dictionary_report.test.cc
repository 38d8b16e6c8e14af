#include "striate/statistics/dictionary_report.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "striate/core/random.h"

namespace striate {
namespace {

constexpr double pi = std::numbers::pi;
constexpr std::int64_t side = 16;

std::vector<double> drawn(const std::function<double(double, double)>& value) {
  std::vector<double> atom;
  for (std::int64_t r = 0; r < side; ++r)
    for (std::int64_t c = 0; c < side; ++c)
      atom.push_back(value(static_cast<double>(r) - 7.5, static_cast<double>(c) - 7.5));
  return atom;
}

double blob(double y, double x, double s) { return std::exp(-(x * x + y * y) / (2 * s * s)); }

TEST(AtomShape, TellsGaborsFromOtherThings) {
  const auto shape = [](const std::function<double(double, double)>& value) {
    return atom_shape<double>(drawn(value));
  };
  const AtomShape gabor_like = shape(
      [](double y, double x) { return blob(y, x, 2) * std::cos(2 * pi * 0.2 * (x + y / 2)); });
  EXPECT_TRUE(gabor_like.localised && gabor_like.oriented && gabor_like.band_pass);

  const AtomShape grating = shape([](double, double x) { return std::cos(2 * pi * 0.2 * x); });
  EXPECT_FALSE(grating.localised);
  EXPECT_TRUE(grating.oriented && grating.band_pass);
  EXPECT_NEAR(grating.window_energy, 0.25, 0.08);

  const AtomShape lowpass = shape([](double y, double x) { return blob(y, x, 2); });
  EXPECT_TRUE(lowpass.localised);
  EXPECT_FALSE(lowpass.oriented);
  EXPECT_FALSE(lowpass.band_pass);
  EXPECT_EQ(lowpass.low, 1);

  const AtomShape centre_surround =
      shape([](double y, double x) { return blob(y, x, 1.2) - blob(y, x, 2.4) / 4; });
  EXPECT_TRUE(centre_surround.localised && centre_surround.band_pass);
  EXPECT_FALSE(centre_surround.oriented);

  const AtomShape pixel = shape([](double y, double x) { return x == 0.5 && y == 0.5; });
  EXPECT_TRUE(pixel.localised);
  EXPECT_FALSE(pixel.oriented);
  EXPECT_FALSE(pixel.band_pass);
  EXPECT_NEAR(pixel.high, 1, 1e-9);

  int noise_passes = 0;
  for (std::uint64_t i = 0; i < 40; ++i) {
    Random random(1, stream("shape"), i);
    const AtomShape noise = shape([&](double, double) { return random.normal(); });
    EXPECT_FALSE(noise.localised);
    noise_passes += noise.oriented || noise.band_pass;
  }
  EXPECT_LE(noise_passes, 4);
}

TEST(AtomShape, OfZerosIsNothing) {
  const AtomShape shape = atom_shape<float>(std::vector<float>(64));
  EXPECT_FALSE(shape.localised || shape.oriented || shape.band_pass);
}

// Quadrature pairs, the second turned by 10 degrees and 10 % higher in frequency, with random signs
// and centres half a pixel apart.
Matrix<double> pairs(std::int64_t count, double shift) {
  Matrix<double> atoms(side * side, 2 * count);
  for (std::int64_t p = 0; p < count; ++p) {
    Random random(2, stream("pairs"), static_cast<std::uint64_t>(p));
    GaborFit fit{.row = 7 + random.uniform(),
                 .column = 7 + random.uniform(),
                 .frequency = 0.12 + 0.1 * random.uniform(),
                 .orientation = pi * random.uniform(),
                 .phase = 2 * pi * random.uniform() - pi,
                 .width = 2.5,
                 .length = 2.5,
                 .amplitude = 1};
    for (std::int64_t member = 0; member < 2; ++member) {
      const auto values = gabor(fit, side);
      const double sign = random.uniform() < 0.5 ? -1 : 1;
      for (std::int64_t i = 0; i < side * side; ++i)
        atoms(i, 2 * p + member) = sign * values[static_cast<std::size_t>(i)];
      fit.phase += shift;
      fit.orientation += pi / 18;
      fit.frequency *= 1.1;
    }
  }
  return atoms;
}

TEST(DictionaryReport, FindsWhatWasPlantedInThePairs) {
  const auto report = dictionary_report<double>(pairs(30, pi / 2));
  EXPECT_EQ(report.pairs, 30);
  EXPECT_EQ(report.well_fitted_pairs, 30);
  EXPECT_EQ(report.well_fitted, 1);
  EXPECT_GT(report.median_explained, 0.999);
  EXPECT_NEAR(report.median_orientation_difference, 10, 0.1);
  EXPECT_NEAR(report.median_frequency_difference, 0.2 / 2.1, 1e-3);
  EXPECT_NEAR(report.median_phase_difference, 90, 0.5);
  EXPECT_LT(report.median_cosine, 0.1);
  EXPECT_EQ(report.all_three, 1);
  EXPECT_GT(report.median_frequency, 0.12);
  EXPECT_LT(report.median_frequency, 0.242);
}

TEST(DictionaryReport, InPhasePairsAreNotQuadrature) {
  const auto report = dictionary_report<double>(pairs(30, 0));
  EXPECT_NEAR(report.median_phase_difference, 0, 0.5);
  EXPECT_GT(report.median_cosine, 0.8);
}

TEST(DictionaryReport, PhasesAreComparedAtOnePlace) {
  // The same wave seen through windows 2 pixels apart: in phase, though each phase about its own
  // centre differs.
  Matrix<double> atoms(side * side, 2);
  for (std::int64_t member = 0; member < 2; ++member) {
    const double centre = 6.5 + 2 * static_cast<double>(member);
    const auto values = gabor({.row = 7.5,
                               .column = centre,
                               .frequency = 0.2,
                               .orientation = 0,
                               .phase = 2 * pi * 0.2 * centre,
                               .width = 2,
                               .length = 2,
                               .amplitude = 1},
                              side);
    std::copy(values.begin(), values.end(), atoms.column(member).begin());
  }
  EXPECT_NEAR(dictionary_report<double>(atoms).median_phase_difference, 0, 0.5);
}

TEST(DictionaryReport, OnePerAtomWithoutPairs) {
  const auto report = dictionary_report<double>(pairs(3, pi / 2), {.group_size = 1});
  EXPECT_EQ(report.fits.size(), 6u);
  EXPECT_EQ(report.shapes.size(), 6u);
  EXPECT_EQ(report.pairs, 0);
  EXPECT_TRUE(std::isnan(report.median_cosine));
}

TEST(DictionaryReport, RefusesWhatMakesNoPairs) {
  try {
    dictionary_report<double>(Matrix<double>(256, 3));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "dictionary_report: 3 atoms do not make groups of 2");
  }
  EXPECT_THROW(dictionary_report<double>(Matrix<double>(255, 2)), Error);
  const auto empty = dictionary_report<double>(Matrix<double>(256, 0));
  EXPECT_TRUE(std::isnan(empty.localised));
}

}  // namespace
}  // namespace striate
