#include "striate/dictionaries/sinusoids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace striate {
namespace {

// d(t + 1) = 2 cos(f) d(t) - d(t - 1) whatever the scale.
TEST(Sinusoids, ObeyTheRecurrenceOfSines) {
  for (bool raw : {false, true}) {
    const Matrix<double> atoms = sinusoids<double>({.rows = 200, .atoms = 100, .raw = raw});
    for (int j = 0; j < 100; ++j) {
      const double frequency = 0.001 + j * 0.999 / 99;
      EXPECT_EQ(atoms(0, j), 0);
      EXPECT_GT(atoms(1, j), 0);
      double squares = 0;
      for (int t = 0; t < 200; ++t) squares += atoms(t, j) * atoms(t, j);
      for (int t = 1; t + 1 < 200; ++t)
        EXPECT_NEAR(atoms(t + 1, j), 2 * std::cos(frequency) * atoms(t, j) - atoms(t - 1, j),
                    1e-10);
      if (raw) EXPECT_NEAR(atoms(1, j), std::sin(frequency), 1e-15);
      else EXPECT_NEAR(squares, 1, 1e-13);
    }
  }
}

TEST(Sinusoids, RefuseABandThatIsUpsideDown) {
  EXPECT_THAT([] { sinusoids<float>({.lowest_frequency = 1, .highest_frequency = .5}); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("highest_frequency is 0.5")));
  EXPECT_EQ(sinusoids<float>({.atoms = 1}).columns(), 1);
}

}  // namespace
}  // namespace striate
