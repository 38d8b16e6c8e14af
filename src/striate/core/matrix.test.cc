#include "striate/core/matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <vector>

namespace striate {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(MatrixView, AddressesColumnsByStride) {
  std::vector<int> memory(12);
  std::iota(memory.begin(), memory.end(), 0);
  const MatrixView<int> view(memory.data(), 2, 3, 4);  // 2 of every 4 elements
  EXPECT_EQ(view(0, 0), 0);
  EXPECT_EQ(view(1, 2), 9);
  EXPECT_EQ(view.column(1)[0], 4);
  EXPECT_EQ(view.column(1).size(), 2u);
  view(1, 1) = -1;
  EXPECT_EQ(memory[5], -1);

  const MatrixView<const int> middle = view.middle_columns(1, 2);
  EXPECT_EQ(middle.columns, 2);
  EXPECT_EQ(middle(0, 1), 8);
  EXPECT_FALSE(middle.empty());
  EXPECT_TRUE(view.middle_columns(3, 0).empty());
}

TEST(MatrixView, RefusesSizesThatCannotBe) {
  EXPECT_THAT(([] { MatrixView<int>(nullptr, -1, 2); }),
              ThrowsMessage<Error>(HasSubstr("rows -1, columns 2, stride -1")));
  EXPECT_THAT(([] { MatrixView<int>(nullptr, 3, 2, 2); }),
              ThrowsMessage<Error>(HasSubstr("the stride must be at least the rows")));
}

TEST(Matrix, IsZeroWhenNewAndColumnMajor) {
  Matrix<double> matrix(2, 3);
  for (std::size_t i = 0; i < matrix.size(); ++i) EXPECT_EQ(matrix.data()[i], 0);
  matrix(1, 2) = 5;
  EXPECT_EQ(matrix.data()[5], 5);
  EXPECT_EQ(matrix.column(2)[1], 5);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(matrix.data()) % 64, 0u);
}

TEST(Matrix, CopiesAStridedView) {
  const std::vector<float> memory{1, 2, -1, 3, 4, -1};
  const Matrix<float> matrix(MatrixView<const float>(memory.data(), 2, 2, 3));
  EXPECT_EQ(matrix(1, 0), 2);
  EXPECT_EQ(matrix(0, 1), 3);
  EXPECT_EQ(matrix.size(), 4u);
}

TEST(Matrix, ResizesFillsAndCompares) {
  Matrix<int> a(4, 4), b;
  a.resize(2, 2);
  a.fill(3);
  b.resize(2, 2);
  EXPECT_FALSE(a == b);
  b.fill(3);
  EXPECT_EQ(a, b);
  Matrix<int> flat(1, 4);
  flat.fill(3);
  EXPECT_FALSE(a == flat);  // the same memory in another shape
  EXPECT_EQ(Matrix<int>(0, 5).size(), 0u);
  EXPECT_THAT([] { Matrix<int>(-1, 2); },
              ThrowsMessage<Error>("Matrix: -1 rows and 2 columns; neither may be negative"));
}

}  // namespace
}  // namespace striate
