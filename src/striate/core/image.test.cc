#include "striate/core/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace striate {
namespace {

TEST(ImageView, AddressesRowsColumnsChannels) {
  std::vector<int> memory(2 * 3 * 2);
  std::iota(memory.begin(), memory.end(), 0);
  const ImageView<int> view(memory.data(), 2, 3, 2);
  EXPECT_EQ(view(0, 0, 1), 1);  // channels interleaved
  EXPECT_EQ(view(0, 1, 0), 2);
  EXPECT_EQ(view(1, 0, 0), 6);  // rows contiguous
  EXPECT_EQ(view.size(), 12);
  const ImageView<const int> constant = view;
  EXPECT_EQ(constant(1, 2, 1), 11);
}

TEST(Image, OwnsZerosAndCopies) {
  Image<float> image(2, 3);
  EXPECT_EQ(image.channels(), 1);
  for (std::int64_t i = 0; i < image.size(); ++i) EXPECT_EQ(image.data()[i], 0);
  image(1, 2) = 4;
  EXPECT_EQ(image.data()[5], 4);
  const Image<float> copy(image.view());
  EXPECT_EQ(copy, image);
  EXPECT_EQ(copy(1, 2), 4);
  EXPECT_FALSE(Image<float>(3, 2) == Image<float>(2, 3));
  EXPECT_EQ(Image<float>().size(), 0);
}

TEST(Image, RefusesSizesThatCannotBe) {
  EXPECT_THROW(Image<float>(-1, 2), Error);
  EXPECT_THAT(
      [] { Image<float>(1, 2, 0); },
      ::testing::ThrowsMessage<Error>(::testing::HasSubstr("1 rows, 2 columns, 0 channels")));
}

}  // namespace
}  // namespace striate
