#include "striate/images/coarse_grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// A plane: the means of cells are its values in their middles, and lines between them lie on it. Beyond
// the outermost middles, half a cell, it goes on as it is.
TEST(coarse_grid, IsExactOnPlanesBetweenTheOutermostMiddles) {
  for (const auto& [rows, columns] : {std::pair{16, 24}, {13, 22}}) {
    Image<double> image(rows, columns, 2);
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c)
        for (int channel = 0; channel < 2; ++channel)
          image(r, c, channel) = 1 + 0.5 * r - 0.25 * c + channel * (3 + c);
    const Image<double> cells = coarse_grid(image, 4);
    EXPECT_EQ(cells.rows(), (rows + 3) / 4);
    EXPECT_EQ(cells.columns(), (columns + 3) / 4);
    const Image<double> back = refined_grid(cells, 4, rows, columns);
    for (int r = 2; r < rows - 2; ++r)
      for (int c = 2; c < columns - 2; ++c)
        for (int channel = 0; channel < 2; ++channel)
          EXPECT_NEAR(back(r, c, channel), image(r, c, channel), 1e-12);
    EXPECT_EQ(back(0, 0, 1), cells(0, 0, 1));
    EXPECT_EQ(back(rows - 1, columns - 1, 1), cells(cells.rows() - 1, cells.columns() - 1, 1));
  }
}

TEST(coarse_grid, OfOnePixelIsTheImage) {
  Image<float> image(3, 2);
  for (int i = 0; i < 6; ++i) image.data()[i] = static_cast<float>(i * i);
  EXPECT_EQ(coarse_grid(image, 1), image);
  EXPECT_EQ(refined_grid(image, 1, 3, 2), image);
  const Image<float> one = coarse_grid(image, 8);
  EXPECT_FLOAT_EQ(one(0, 0), 55.f / 6);
  EXPECT_EQ(refined_grid(one, 8, 3, 2)(2, 1), one(0, 0));
}

TEST(coarse_grid, NamesWhatDoesNotFit) {
  const Image<float> image(8, 8);
  EXPECT_THAT([&] { coarse_grid(image, 0); },
              ThrowsMessage<Error>(HasSubstr("coarse_grid: spacing is 0")));
  EXPECT_THAT([&] { coarse_grid(Image<float>(), 2); },
              ThrowsMessage<Error>(HasSubstr("has no pixels")));
  EXPECT_THAT([&] { refined_grid(image, 4, 8, 8); },
              ThrowsMessage<Error>(HasSubstr("refined_grid: 8 x 8 cells")));
}

}  // namespace
}  // namespace striate
