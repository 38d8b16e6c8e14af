#include "striate/pipelines/patch_restoration.h"

#include <gtest/gtest.h>

namespace striate::detail {
namespace {

TEST(patch_restoration, CornersReachEveryPixel) {
  for (const std::int64_t stride : {1, 3, 4}) {
    std::vector<int> covered(11 * 9);
    for (const PatchPosition& at : patch_corners(11, 9, 4, stride))
      for (std::int64_t r = 0; r < 4; ++r)
        for (std::int64_t c = 0; c < 4; ++c)
          ++covered.at(static_cast<std::size_t>((at.row + r) * 9 + at.column + c));
    for (int count : covered) EXPECT_GT(count, 0);
  }
  EXPECT_EQ(patch_corners(4, 4, 4, 2).size(), 1u);
}

TEST(patch_restoration, MeansAreWeighted) {
  const Image<double> image(2, 3);
  PatchAverage<double> mean(image);
  const std::vector<double> a{1, 2, 3, 4}, b{5, 6, 7, 8};
  mean.add(a, 2, 0, 0, 10, 1);
  mean.add(b, 2, 0, 1, 20, 3);
  EXPECT_DOUBLE_EQ(mean.at(0), 11);
  EXPECT_DOUBLE_EQ(mean.at(1), (12 + 3 * 25) / 4.0);
  EXPECT_DOUBLE_EQ(mean.at(0, 5, 1), 8);
}

TEST(patch_restoration, SidesOfPatches) {
  std::int64_t channels = 3;
  EXPECT_EQ(patch_side("x", 192, channels), 8);
  EXPECT_EQ(channels, 3);
  EXPECT_EQ(patch_side("x", 64, channels), 8);
  EXPECT_EQ(channels, 1);
  EXPECT_THROW(patch_side("x", 50, channels), Error);
}

}  // namespace
}  // namespace striate::detail
