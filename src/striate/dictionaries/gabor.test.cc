#include "striate/dictionaries/gabor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace striate {
namespace {

TEST(Gabor, AtomsAreUnitVectorsOfSumZero) {
  const GaborSettings settings{
      .patch = 10, .orientations = 5, .scales = 2, .shortest_wavelength = 3, .positions = 3};
  const Matrix<double> atoms = gabor<double>(settings);
  ASSERT_EQ(atoms.rows(), 100);
  ASSERT_EQ(atoms.columns(), 2 * 5 * 2 * 9);
  for (std::int64_t k = 0; k < atoms.columns(); ++k) {
    double sum = 0, squares = 0;
    for (double x : atoms.column(k)) sum += x, squares += x * x;
    EXPECT_NEAR(sum, 0, 1e-12);
    EXPECT_NEAR(squares, 1, 1e-13);
  }
}

// About the centre of a patch, rows and columns turned round: even atoms stay, odd ones change sign.
TEST(Gabor, PairsAreEvenAndOdd) {
  const Matrix<double> atoms =
      gabor<double>({.patch = 12, .orientations = 6, .scales = 2, .positions = 1});
  for (std::int64_t k = 0; k < atoms.columns(); ++k) {
    double product = 0;
    for (std::int64_t i = 0; i < 144; ++i) {
      EXPECT_NEAR(atoms(143 - i, k), (k % 2 ? -1 : 1) * atoms(i, k), 1e-13);
      product += atoms(i, k) * atoms(i, k - k % 2);
    }
    EXPECT_NEAR(product, k % 2 ? 0 : 1, 1e-13);
  }
}

// The spectrum peaks where wavelength and orientation say: the product with a wave is largest there.
TEST(Gabor, WavesHaveTheirLengthAndOrientation) {
  const int orientations = 4;
  const Matrix<double> atoms =
      gabor<double>({.patch = 24, .orientations = orientations, .scales = 2, .positions = 1});
  const auto power = [&](std::int64_t k, double wavelength, double orientation) {
    double real = 0, imaginary = 0;
    for (int row = 0; row < 24; ++row)
      for (int column = 0; column < 24; ++column) {
        const double u = column * std::cos(orientation) + row * std::sin(orientation);
        const double phase = 2 * std::numbers::pi * u / wavelength;
        real += atoms(24 * row + column, k) * std::cos(phase);
        imaginary += atoms(24 * row + column, k) * std::sin(phase);
      }
    return real * real + imaginary * imaginary;
  };
  for (int scale = 0; scale < 2; ++scale)
    for (int o = 0; o < orientations; ++o) {
      const std::int64_t k = 2 * (scale * orientations + o);
      const double wavelength = 4 << scale, orientation = std::numbers::pi * o / orientations;
      const double here = power(k, wavelength, orientation);
      EXPECT_GT(here, power(k, 1.25 * wavelength, orientation));
      EXPECT_GT(here, power(k, 0.8 * wavelength, orientation));
      EXPECT_GT(here, power(k, wavelength, orientation + 0.2));
      EXPECT_GT(here, power(k, wavelength, orientation - 0.2));
    }
}

}  // namespace
}  // namespace striate
