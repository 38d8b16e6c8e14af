#include "cli/restored_images.h"

#include <gtest/gtest.h>

#include <cmath>

#include "cli/try_model.h"

namespace striate::cli {
namespace {

class RestoredImagesTest : public WithModel {};

TEST_F(RestoredImagesTest, OneReferencePerInput) {
  const std::vector<std::filesystem::path> two = {"leaves/dead_leaves-0000.png",
                                                  "leaves/dead_leaves-0001.png"};
  EXPECT_TRUE(companions_of(two, "--reference", "").empty());
  EXPECT_EQ(companions_of(two, "--reference", "leaves"), two);
  EXPECT_THROW(companions_of(two, "--reference", two[0].string()), UsageError);
}

TEST_F(RestoredImagesTest, DistanceIsThatOfTheScaleOfWhite) {
  const std::string path = "leaves/dead_leaves-0000.png";
  for (const PixelScale scale : {PixelScale::unit, PixelScale::raw}) {
    const auto clean = read_named<double>(path, scale);
    EXPECT_EQ(clean.white, scale == PixelScale::raw ? 255 : 1);
    Image<double> image = clean.image;
    for (std::int64_t i = 0; i < image.size(); ++i) image.data()[i] += 0.1 * clean.white;
    EXPECT_NEAR(distance(clean, image).psnr, 20, 1e-6);  // 10 log10(1 / 0.1^2)
    EXPECT_THROW(distance(clean, Image<double>(4, 4)), Error);
  }
}

}  // namespace
}  // namespace striate::cli
