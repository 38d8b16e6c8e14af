#include "striate/convolutional/filter_bank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(FilterBank, KnowsItsNormsAndCorrelates) {
  const auto taps = random_matrix<float>(2 * 3 * 2, 5, 1);
  const FilterBank<float> bank(taps.view(), 2, 3, 2);
  EXPECT_EQ(bank.filters(), 5);
  EXPECT_EQ(bank.maps(7, 8, Boundary::inside).columns(), 6);
  const auto patches = random_matrix<float>(12, 4, 2);
  Matrix<float> c(5, 4);
  bank.correlate(patches.view(), c.view());
  for (std::int64_t k = 0; k < 5; ++k) {
    double norm = 0;
    for (float x : taps.column(k)) norm += double(x) * double(x);
    EXPECT_NEAR(bank.squared_norms()[std::size_t(k)], norm, 1e-12 * norm);
    for (std::int64_t j = 0; j < 4; ++j) {
      double sum = 0;
      for (std::int64_t i = 0; i < 12; ++i) sum += double(taps(i, k)) * double(patches(i, j));
      EXPECT_NEAR(c(k, j), sum, 1e-5);  // 12 terms of a few, rounded in float
    }
  }
}

TEST(FilterBank, RefusesWhatIsNoBank) {
  const auto taps = random_matrix<double>(6, 2, 1);
  EXPECT_THAT([&] { FilterBank<double>(taps.view(), 2, 2); },
              ThrowsMessage<Error>(HasSubstr("2 filters of 6 taps as 2 x 2 x 1")));
  EXPECT_THROW(FilterBank<double>(taps.view().middle_columns(0, 0), 2, 3), Error);
  EXPECT_THROW(FilterBank<double>(taps.view(), 0, 3), Error);
  auto bad = taps;
  bad(3, 1) = NAN;
  EXPECT_THAT([&] { FilterBank<double>(bad.view(), 3, 2); },
              ThrowsMessage<Error>(HasSubstr("filter 1 holds nan")));
}

}  // namespace
}  // namespace striate
