#include "striate/convolutional/filter_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(filter_set, ProjectsOnAllThatItAsks) {
  for (bool zero_mean : {false, true})
    for (const auto& sides : std::vector<std::vector<std::int64_t>>{{}, {5}, {2, 3, 5}}) {
      const FilterSet set{.filters = 6,
                          .rows = 4,
                          .columns = 5,
                          .channels = 3,
                          .zero_mean = zero_mean,
                          .sides = sides};
      Matrix<double> d = random_matrix(set.taps(), set.filters, 1);
      const Matrix<double> from = d;
      set.project_all<double>("test", d);
      for (std::int64_t k = 0; k < set.filters; ++k) {
        double squares = 0, product = 0;
        for (std::int64_t c = 0; c < 3; ++c) {
          double sum = 0;
          for (std::int64_t a = 0; a < 4; ++a)
            for (std::int64_t b = 0; b < 5; ++b) {
              const double tap = d((a * 5 + b) * 3 + c, k);
              sum += tap;
              squares += tap * tap;
              product += tap * from((a * 5 + b) * 3 + c, k);
              // Two filters have each of three sides.
              const std::int64_t side = sides.size() == 3 ? sides[std::size_t(k / 2)] : 5;
              EXPECT_TRUE((a < side && b < side) || tap == 0);
            }
          EXPECT_TRUE(!zero_mean || std::abs(sum) < 1e-14);
        }
        EXPECT_NEAR(squares, 1, 1e-14);
        // The nearest point of a sphere in a subspace is along the projection on the subspace, and
        // further from the origin than any other point as seen from `from`.
        EXPECT_GT(product, 0);
        Matrix<double> again = d;
        ASSERT_TRUE(set.project(k, again.column(k)));
        for (std::int64_t i = 0; i < set.taps(); ++i) EXPECT_NEAR(again(i, k), d(i, k), 1e-15);
      }
    }
}

TEST(filter_set, SaysWhereNothingIsLeft) {
  const FilterSet set{.filters = 2, .rows = 3, .columns = 3, .zero_mean = true};
  std::vector<float> flat(9, 0.1f), empty(9, 0), infinite(9, INFINITY);
  EXPECT_FALSE(set.project(0, std::span(flat)));
  EXPECT_FALSE(set.project(0, std::span(empty)));
  EXPECT_FALSE(set.project(0, std::span(infinite)));
  Matrix<float> filters(9, 2);
  filters(0, 0) = 1;
  EXPECT_THAT([&] { set.project_all<float>("learn", filters); },
              ThrowsMessage<Error>(HasSubstr("learn: filter 1 is zero or not finite")));
}

TEST(filter_set, ChecksSizes) {
  const auto refuses = [](const FilterSet& set, const char* text) {
    EXPECT_THAT([&] { check_filter_set("learn", set); }, ThrowsMessage<Error>(HasSubstr(text)));
  };
  refuses({.filters = 0, .rows = 3, .columns = 3}, "0 filters of 3 x 3 x 1 taps");
  refuses({.filters = 1, .rows = 3, .columns = 3, .sides = {2, 3}}, "sides has 2 values");
  refuses({.filters = 2, .rows = 3, .columns = 3, .sides = {4}}, "sides holds 4");
  refuses({.filters = 2, .rows = 3, .columns = 3, .sides = {0}}, "sides holds 0");
  refuses({.filters = 2, .rows = 3, .columns = 3, .zero_mean = true, .sides = {1, 3}},
          "nothing of filter 0");
  check_filter_set("learn", {.filters = 1, .rows = 1, .columns = 1});
}

}  // namespace
}  // namespace striate
