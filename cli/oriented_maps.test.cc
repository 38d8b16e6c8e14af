#include "cli/oriented_maps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numbers>

#include "striate/io/images.h"
#include "tests/problems/temporary_folder.h"

namespace striate::cli {
namespace {

using std::numbers::pi;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::vector<FilterOrientation> kTwo = {{.theta = 0, .strength = 1},
                                             {.theta = pi / 2, .strength = 1}};

TEST(OrientedMaps, ColoursGoRoundOnceInHalfATurn) {
  for (const double theta : {0.0, 0.4, 1.3, 3.1})
    for (std::size_t c = 0; c < 3; ++c)
      EXPECT_NEAR(colour_of({theta, 1})[c], colour_of({theta + pi, 1})[c], 1e-6);
  double apart = 0;
  for (std::size_t c = 0; c < 3; ++c)
    apart += std::abs(colour_of({0, 1})[c] - colour_of({pi / 2, 1})[c]);
  EXPECT_GT(apart, 0.5);
  const auto white = colour_of({1, 0});
  EXPECT_NEAR(white[0], white[1], 1e-3);
  EXPECT_NEAR(white[1], white[2], 1e-3);
}

TEST(OrientedMaps, LightsLieAtTheMiddleOfTheirAtoms) {
  struct Case {
    Boundary boundary;
    std::int64_t row, column;  // of the entry
    std::int64_t seen_row, seen_column;
  };
  for (const Case& one : {Case{Boundary::circular, 3, 2, 5, 4},
                          {Boundary::circular, 9, 11, 1, 1},
                          {Boundary::inside, 3, 2, 5, 4},
                          {Boundary::linear, 3, 4, 2, 2},
                          {Boundary::linear, 0, 0, -1, -1}}) {
    ConvolutionalCodes<float> codes({.image_rows = 10,
                                     .image_columns = 12,
                                     .filter_rows = 4,
                                     .filter_columns = 5,
                                     .filters = 2,
                                     .boundary = one.boundary});
    codes.append(one.row, one.column, 0, -2.f);
    codes.append(one.row, one.column, 1, 1.f);
    const Image<float> light = oriented_light<float>(codes, kTwo);
    ASSERT_EQ(light.rows(), 10);
    ASSERT_EQ(light.columns(), 12);
    for (std::int64_t r = 0; r < 10; ++r)
      for (std::int64_t c = 0; c < 12; ++c)
        for (std::size_t channel = 0; channel < 3; ++channel) {
          const float sum = 2 * colour_of(kTwo[0])[channel] + colour_of(kTwo[1])[channel];
          const bool here = r == one.seen_row && c == one.seen_column;
          EXPECT_NEAR(light(r, c, std::int64_t(channel)), here ? sum : 0, 1e-6);
        }
  }
}

TEST(OrientedMaps, ShineOnTheDark) {
  Image<float> light(8, 10, 3);
  const auto colour = colour_of(kTwo[1]);
  for (std::int64_t c = 0; c < 3; ++c) light(2, 3, c) = colour[std::size_t(c)];
  const TemporaryFolder folder;
  const std::string bytes = oriented_picture(light, PictureFormat::png, 20);
  write_file(folder / "maps.png", std::as_bytes(std::span(bytes)), Overwrite::no);
  const Image<float> picture = read_image<float>(folder / "maps.png");
  ASSERT_EQ(picture.columns(), 200);
  ASSERT_GT(picture.rows(), 160);  // the legend beneath
  const auto brightness = [&](std::int64_t r, std::int64_t c) {
    return picture(r, c, 0) + picture(r, c, 1) + picture(r, c, 2);
  };
  EXPECT_GT(brightness(50, 70), 1);
  EXPECT_LT(brightness(130, 150), 0.2);
  // The largest of the channels is that of the colour.
  const auto most = [](const auto& of) {
    return std::max_element(of.begin(), of.end()) - of.begin();
  };
  const std::array<float, 3> seen = {picture(50, 70, 0), picture(50, 70, 1), picture(50, 70, 2)};
  EXPECT_EQ(most(seen), most(colour));
  bool legend = false;
  for (std::int64_t c = 0; c < 200; ++c)
    for (std::int64_t r = 161; r < picture.rows(); ++r) legend = legend || brightness(r, c) > 0.9f;
  EXPECT_TRUE(legend);
  // Nothing at all is dark too.
  EXPECT_THAT(oriented_picture(Image<float>(4, 4, 3)), testing::StartsWith("\x89PNG"));
}

TEST(OrientedMaps, RefuseOtherNumbers) {
  const ConvolutionalCodes<float> codes(
      {.image_rows = 4, .image_columns = 4, .filter_rows = 2, .filter_columns = 2, .filters = 3});
  EXPECT_THAT([&] { oriented_light<float>(codes, kTwo); },
              ThrowsMessage<Error>(HasSubstr("2 orientations for 3 filters")));
  EXPECT_THAT([] { oriented_picture(Image<float>(4, 4)); },
              ThrowsMessage<Error>(HasSubstr("pixels of 3 channels are needed")));
}

}  // namespace
}  // namespace striate::cli
