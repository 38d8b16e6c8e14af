#include "striate/io/still.h"

#include "striate/io/testing.test.h"

namespace striate {
namespace {

TEST(Still, SizesAreCheckedAgainstTheFile) {
  using detail::check_decoded_size;
  check_decoded_size("x", {.rows = 4000, .columns = 5000, .channels = 3}, 1, 100);
  check_decoded_size("x", {.rows = 40000, .columns = 5000, .channels = 3}, 2, 10 << 20);
  EXPECT_THAT([] { check_decoded_size("x", {.rows = 65500, .columns = 65500}, 1, 1000); },
              throws_with<IoError>("image: x announces 65500 x 65500 pixels in a file of 1000"));
  EXPECT_THAT([] { check_decoded_size("x", {.rows = 0, .columns = 5}, 1, 1000); },
              throws_with<IoError>("image: x is 0 x 5 pixels"));
  EXPECT_THROW(check_decoded_size("x", {.rows = 1, .columns = (1 << 20) + 1}, 1, 1u << 30),
               IoError);
}

TEST(Still, OrientationTurnsTheImageUpright) {
  // The eight ways to store the upright image {{1, 2, 3}, {4, 5, 6}}, from Exif's definition of
  // where the first stored row and the first stored column belong.
  const std::vector<std::uint8_t> upright = {1, 2, 3, 4, 5, 6};
  const std::vector<std::vector<std::uint8_t>> stored = {
      {1, 2, 3, 4, 5, 6},  // 1 row top, column left
      {3, 2, 1, 6, 5, 4},  // 2 row top, column right
      {6, 5, 4, 3, 2, 1},  // 3 row bottom, column right
      {4, 5, 6, 1, 2, 3},  // 4 row bottom, column left
      {1, 4, 2, 5, 3, 6},  // 5 row left, column top
      {3, 6, 2, 5, 1, 4},  // 6 row right, column top
      {6, 3, 5, 2, 4, 1},  // 7 row right, column bottom
      {4, 1, 5, 2, 6, 3},  // 8 row left, column bottom
  };
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const std::vector<std::int64_t> shape =
        orientation < 5 ? std::vector<std::int64_t>{2, 3} : std::vector<std::int64_t>{3, 2};
    const Array image = detail::orient(
        Array::from<std::uint8_t>(stored[static_cast<std::size_t>(orientation - 1)], shape),
        orientation);
    EXPECT_EQ(image, Array::from<std::uint8_t>(upright, {2, 3})) << orientation;
  }
  const Array image = Array::from<std::uint8_t>(upright, {1, 2, 3});  // two pixels in colour
  EXPECT_EQ(detail::orient(image, 2),
            Array::from<std::uint8_t>(std::vector<std::uint8_t>{4, 5, 6, 1, 2, 3}, {1, 2, 3}));
  EXPECT_EQ(detail::orient(image, 99), image);
}

TEST(Still, WhatCannotBeWrittenIsRefused) {
  EXPECT_THAT(
      [] {
        encode_png(Array(DType::f32, {2, 2}));
      },
      throws_with<Error>("png: the image is float32; uint8, uint16 can be written"));
  EXPECT_THAT([] { encode_jpeg(Array(DType::u16, {2, 2})); }, throws_with<Error>("jpeg"));
  EXPECT_THAT([] { encode_png(Array(DType::u8, {2, 2, 4})); }, throws_with<Error>("(2, 2, 4)"));
  EXPECT_THAT([] { encode_tiff(Array(DType::u8, {4})); }, throws_with<Error>("(4)"));
  EXPECT_THAT([] { encode_webp(Array(DType::u8, {0, 4})); }, throws_with<Error>("0 x 4"));
  EXPECT_THAT([] { encode_webp(Array(DType::u8, {1, 20000})); }, throws_with<Error>("16383"));
}

}  // namespace
}  // namespace striate
