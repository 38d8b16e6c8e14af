#include "striate/core/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace striate {
namespace {

TEST(MatrixSource, ReadsColumnsFromAnyPosition) {
  Matrix<float> signals(2, 5);
  for (std::int64_t j = 0; j < 5; ++j)
    for (std::int64_t i = 0; i < 2; ++i) signals(i, j) = float(10 * j + i);
  const MatrixSource<float> source(signals);
  EXPECT_EQ(source.size(), 5);
  EXPECT_EQ(source.dimension(), 2);
  Matrix<float> out(2, 2);
  source.read(3, out);
  EXPECT_EQ(out(0, 0), 30);
  EXPECT_EQ(out(1, 1), 41);
  source.read(0, out);
  EXPECT_EQ(out(1, 1), 11);
  source.read(5, MatrixView<float>(nullptr, 2, 0));  // nothing, at the end
}

TEST(MatrixSource, RefusesWhatIsNotThere) {
  Matrix<float> signals(2, 5), out(2, 2), tall(3, 1);
  const MatrixSource<float> source(signals);
  EXPECT_THAT([&] { source.read(4, out); },
              ::testing::ThrowsMessage<Error>(
                  "MatrixSource: signals 4 to 6 of 2 rows asked; there are 5 of 2 rows"));
  EXPECT_THROW(source.read(-1, out), Error);
  EXPECT_THROW(source.read(0, tall), Error);
}

}  // namespace
}  // namespace striate
