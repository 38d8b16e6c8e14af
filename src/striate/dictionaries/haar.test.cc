#include "striate/dictionaries/haar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace striate {
namespace {

TEST(Haar, IsOrthonormal) {
  for (int p : {1, 2, 4, 16}) {
    const Matrix<double> atoms = haar<double>({.patch = p});
    ASSERT_EQ(atoms.rows(), p * p);
    ASSERT_EQ(atoms.columns(), p * p);
    for (int i = 0; i < p * p; ++i)
      for (int j = 0; j <= i; ++j) {
        double sum = 0;
        for (int k = 0; k < p * p; ++k) sum += atoms(k, i) * atoms(k, j);
        EXPECT_NEAR(sum, i == j, 1e-14);
      }
  }
}

TEST(Haar, HasTheThreeDirectionsOfEveryBlock) {
  const Matrix<double> two = haar<double>({.patch = 2});
  EXPECT_THAT(two.column(0), testing::ElementsAre(.5, .5, .5, .5));
  EXPECT_THAT(two.column(1), testing::ElementsAre(.5, -.5, .5, -.5));
  EXPECT_THAT(two.column(2), testing::ElementsAre(.5, .5, -.5, -.5));
  EXPECT_THAT(two.column(3), testing::ElementsAre(.5, -.5, -.5, .5));
  // Of 4 x 4: the constant, three of 4 x 4 pixels, then twelve of 2 x 2.
  const Matrix<double> four = haar<double>({.patch = 4});
  for (int k = 0; k < 16; ++k) {
    int pixels = 0;
    for (double x : four.column(k)) pixels += x != 0;
    EXPECT_EQ(pixels, k < 4 ? 16 : 4);
  }
  EXPECT_EQ(four(2, 5), .5);  // left minus right, in the upper right block
  EXPECT_EQ(four(3, 5), -.5);
}

TEST(Haar, RefusesSidesThatAreNoPowersOfTwo) {
  EXPECT_THAT([] { haar<float>({.patch = 12}); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("patch is 12")));
}

}  // namespace
}  // namespace striate
