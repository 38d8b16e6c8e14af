#include "striate/core/peak_bytes.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "striate/core/matrix.h"
#include "striate/core/parallel.h"

namespace striate {
namespace {

TEST(PeakBytes, IsTheMostThatWasHeldAtOnce) {
  Matrix<double> before(100, 100);
  const PeakBytes outer;
  EXPECT_EQ(outer.bytes(), 0);
  { Matrix<float> gone(1000, 10); }
  EXPECT_EQ(outer.bytes(), 40000);
  {
    const PeakBytes inner;
    Matrix<float> one(1000, 10), two(1000, 5);
    EXPECT_EQ(inner.bytes(), 60000);
  }
  EXPECT_EQ(outer.bytes(), 60000);
  before = Matrix<double>();  // what is freed does not make it less
  Matrix<float> small(10, 10);
  EXPECT_EQ(outer.bytes(), 60000);
}

TEST(PeakBytes, CountsAllThreads) {
  const PeakBytes peak;
  std::vector<Matrix<double>> held(50);
  const striate::Run run{.threads = 4};
  RunState state(run);
  parallel_for(
      50, [&](std::int64_t i, int) { held[std::size_t(i)] = Matrix<double>(10, i + 1); }, state);
  EXPECT_EQ(peak.bytes(), 80 * 50 * 51 / 2);
}

TEST(PeakBytes, MoreThanThereArePlacesFor) {
  std::vector<std::unique_ptr<PeakBytes>> many;
  for (int i = 0; i < 70; ++i) many.push_back(std::make_unique<PeakBytes>());
  const Matrix<double> held(10, 10);
  for (const auto& peak : many) EXPECT_EQ(peak->bytes(), 800);
  many.clear();
  const PeakBytes again;
  const Matrix<double> more(10, 10);
  EXPECT_EQ(again.bytes(), 800);
}

}  // namespace
}  // namespace striate
