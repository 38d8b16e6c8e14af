#include "striate/pipelines/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "striate/core/errors.h"

namespace striate {
namespace {

TEST(Shard, PartsFollowOneAnotherAndHaveLikeSizes) {
  for (const std::int64_t items : {0, 1, 7, 112, 1000, 1 << 30})
    for (const std::int64_t parts : {1, 2, 3, 7, 100}) {
      std::int64_t next = 0, least = items, most = 0;
      for (std::int64_t part = 1; part <= parts; ++part) {
        const Shard shard{part, parts};
        EXPECT_EQ(shard.first(items), next);
        next += shard.count(items);
        least = std::min(least, shard.count(items));
        most = std::max(most, shard.count(items));
      }
      EXPECT_EQ(next, items);
      EXPECT_LE(most - least, 1);
    }
}

TEST(Shard, IsReadFromText) {
  EXPECT_EQ(shard_of("encode", "1/1").parts, 1);
  EXPECT_EQ(shard_of("encode", "2/5").part, 2);
  EXPECT_EQ(shard_of("encode", "2/5").parts, 5);
  for (const char* wrong : {"", "0/4", "5/4", "2", "2/", "/2", "a/b", "1/2/3", "-1/2", "1/0",
                            "1 /2", "3 / 8", "3/8x", "1/99999999999999999999"})
    EXPECT_THAT([&] { shard_of("encode", wrong); },
                testing::ThrowsMessage<Error>(testing::HasSubstr("it must be i/n")))
        << wrong;
}

}  // namespace
}  // namespace striate
