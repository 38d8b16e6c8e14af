#include "striate/memory/detail/targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "striate/memory/rules/hetero.h"
#include "tests/problems/random_matrix.h"

namespace striate::detail {
namespace {

using Ids = std::vector<std::int64_t>;

TEST(Targets, GoByTheirIds) {
  const Matrix<float> y = random_matrix<float>(3, 4, 1);
  Targets<float> targets;
  EXPECT_TRUE(targets.empty());
  EXPECT_EQ(targets.matrix().columns(), 0);
  targets.check("store", hetero, y.view(), 4, false);
  targets.keep(Ids{9, 2, 5, 7}, y.view());
  targets.remove(Ids{5});
  const Matrix<float> all = targets.matrix();  // ids 2, 7, 9
  ASSERT_EQ(all.columns(), 3);
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(all(i, 0), y(i, 1));
    EXPECT_EQ(all(i, 1), y(i, 3));
    EXPECT_EQ(all(i, 2), y(i, 0));
  }
  Archive archive;
  targets.to_archive(archive);
  Targets<float> loaded;
  loaded.from_archive("load", archive, Ids{2, 7, 9});
  EXPECT_EQ(loaded.matrix(), all);
  EXPECT_THAT(([&] {
                loaded.from_archive("load", archive, Ids{2, 7});
              }),
              testing::ThrowsMessage<Error>(testing::HasSubstr("there are 2 patterns")));
}

}  // namespace
}  // namespace striate::detail
