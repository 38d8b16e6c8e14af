#include "striate/images/centre_square.h"

#include <gtest/gtest.h>

namespace striate {
namespace {

template <class T>
Image<T> ramp(std::int64_t rows, std::int64_t columns, std::int64_t channels = 1) {
  Image<T> image(rows, columns, channels);
  for (std::int64_t i = 0; i < image.size(); ++i) image.data()[i] = static_cast<T>(i % 97);
  return image;
}

TEST(CentreSquare, IsTheMiddleAsItIsIfThatIsSmallEnough) {
  const Image<float> image = ramp<float>(10, 15, 3);
  for (const std::int64_t side : {10, 12}) {
    const Image<float> square = centre_square(image, side);
    ASSERT_EQ(square.rows(), 10);
    ASSERT_EQ(square.columns(), 10);
    for (std::int64_t r = 0; r < 10; ++r)
      for (std::int64_t c = 0; c < 10; ++c)
        for (std::int64_t channel = 0; channel < 3; ++channel)
          EXPECT_EQ(square(r, c, channel), image(r, c + 2, channel));
  }
}

TEST(CentreSquare, TakesMeansOfWholeBlocks) {
  const Image<double> image = ramp<double>(17, 12);
  const Image<double> square = centre_square(image, 4);
  for (std::int64_t r = 0; r < 4; ++r)
    for (std::int64_t c = 0; c < 4; ++c) {
      double sum = 0;
      for (std::int64_t y = 0; y < 3; ++y)
        for (std::int64_t x = 0; x < 3; ++x) sum += image(2 + 3 * r + y, 3 * c + x);
      EXPECT_NEAR(square(r, c), sum / 9, 1e-12);
    }
}

TEST(CentreSquare, KeepsTheMeanWhateverTheSizes) {
  const Image<double> image = ramp<double>(23, 23);
  double mean = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) mean += image.data()[i] / double(image.size());
  for (const std::int64_t side : {1, 2, 5, 7, 16, 22, 23}) {
    const Image<double> square = centre_square(image, side);
    double own = 0;
    for (std::int64_t i = 0; i < square.size(); ++i)
      own += square.data()[i] / double(square.size());
    EXPECT_NEAR(own, mean, 1e-10) << side;
  }
}

TEST(CentreSquare, NeedsPixels) {
  EXPECT_THROW(centre_square(Image<float>(), 4), Error);
  EXPECT_THROW(centre_square(ramp<float>(3, 3), 0), Error);
}

}  // namespace
}  // namespace striate
