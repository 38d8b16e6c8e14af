#include "cli/output_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/invocation.h"
#include "cli/try_cli.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"

namespace striate::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Image<float> image_of(std::int64_t rows, std::int64_t columns, float first, float step) {
  Image<float> image(rows, columns);
  for (std::int64_t i = 0; i < image.size(); ++i)
    image.data()[i] = first + step * static_cast<float>(i);
  return image;
}

class OutputImages : public InEmptyFolder {
 protected:
  static std::string refusal(const std::string& output, const std::vector<Image<float>>& images) {
    try {
      write_images(output, "x", images);
    } catch (const Exception& error) {
      return error.what();
    }
    return "accepted";
  }
};

TEST_F(OutputImages, AFolderOfStills) {
  const std::vector<Image<float>> images = {image_of(2, 3, 0, 0.2f), image_of(4, 2, 0, 0.1f)};
  write_images("out", "leaf", images);
  EXPECT_THAT(listing(), ElementsAre("out", "out/leaf-0000.png", "out/leaf-0001.png"));
  const Image<float> back = read_image<float>("out/leaf-0001.png");
  ASSERT_EQ(back.rows(), 4);
  for (std::int64_t i = 0; i < back.size(); ++i)
    EXPECT_NEAR(back.data()[i], images[1].data()[i], 0.5 / 255 + 1e-6);
}

TEST_F(OutputImages, CentredImagesShowZeroAsMiddleGrey) {
  Image<float> image(1, 3);
  image(0, 0) = -2;
  image(0, 2) = 2;
  write_images<float>("a.png", "x", {image}, {.centred = true, .sixteen_bits = true});
  const Image<float> back = read_image<float>("a.png");
  EXPECT_NEAR(back(0, 0), 0, 1e-4);
  EXPECT_NEAR(back(0, 1), 0.5, 1e-4);
  EXPECT_NEAR(back(0, 2), 1, 1e-4);
  write_images<float>("zero.png", "x", {Image<float>(1, 1)}, {.centred = true});
  EXPECT_NEAR(read_image<float>("zero.png")(0, 0), 0.5, 0.01);
}

TEST_F(OutputImages, ABatchKeepsTheNumbersAndTheRun) {
  const std::vector<Image<float>> images = {image_of(2, 3, -1, 0.7f), image_of(2, 3, 5, 0.1f)};
  write_images("a.h5", "x", images, {.run = {{"command", std::string("generate")}}});
  const Archive archive = load("a.h5");
  EXPECT_THAT(archive.at("data").shape(), ElementsAre(2, 2, 3));
  EXPECT_EQ(archive.at("data").as<float>()[6], 5.0f);
  EXPECT_EQ(archive.get<std::string>(std::string(kRunGroup), "command"), "generate");
}

TEST_F(OutputImages, RefusesWhatTheNameCannotHold) {
  const Image<float> a = image_of(2, 3, 0, 0), b = image_of(3, 3, 0, 0);
  EXPECT_THAT(refusal("a.npy", {a, b}), HasSubstr("the images differ in size"));
  EXPECT_THAT(refusal("a.png", {a, a}), HasSubstr("is one still, there are 2 images"));
  EXPECT_THAT(refusal("a.xyz", {a}), HasSubstr("must be a folder's name"));
  EXPECT_THAT(refusal("a.npy", {}), HasSubstr("no images"));
  EXPECT_TRUE(listing().empty());
}

}  // namespace
}  // namespace striate::cli
