#include "striate/io/exif.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace striate {
namespace {

int orientation(std::string_view block) {
  return exif_orientation(std::as_bytes(std::span(block)));
}

using namespace std::string_literals;
const std::string little =
    "II*\0\10\0\0\0\2\0\x0F\1\2\0\4\0\0\0abc\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"s;
const std::string big = "MM\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1\0\10\0\0\0\0\0\0"s;

TEST(Exif, ReadsBothByteOrdersWithAndWithoutPrefix) {
  EXPECT_EQ(orientation(little), 6);
  EXPECT_EQ(orientation(big), 8);
  EXPECT_EQ(orientation("Exif\0\0"s + little), 6);
  EXPECT_EQ(orientation("Exif\0\0"s + big), 8);
}

TEST(Exif, SaysUprightWhereItCannotTell) {
  EXPECT_EQ(orientation(""), 1);
  EXPECT_EQ(orientation("Exif\0\0"s), 1);
  EXPECT_EQ(orientation("II*\0\xFF\xFF\xFF\xFF"s), 1);
  EXPECT_EQ(orientation("IM*\0\10\0\0\0\0\0"s), 1);
  std::string bad = little;
  bad[little.find('\6')] = 9;
  EXPECT_EQ(orientation(bad), 1);
  for (const std::string& block : {little, big}) {
    for (std::size_t size = 0; size < block.size(); ++size) {
      const int value = orientation(std::string(block, 0, size));  // as small a block as can be
      EXPECT_TRUE(value == 1 || size + 10 >= block.size()) << size;
    }
    for (std::size_t at = 0; at < block.size(); ++at) {
      std::string damaged = block;
      damaged[at] = static_cast<char>(~damaged[at]);
      const int value = orientation(damaged);
      EXPECT_TRUE(value >= 1 && value <= 8);
    }
  }
}

}  // namespace
}  // namespace striate
