#include "striate/convolutional/detail/circulant.h"

#include <gtest/gtest.h>

#include "tests/problems/random_matrix.h"

namespace striate::detail {
namespace {

// Odd, even and prime sizes, and an image smaller than the filters.
TEST(circulant, SolvesWhatPlainLoopsMultiply) {
  for (auto [rows, columns] : {std::pair{9, 12}, {8, 7}, {3, 2}, {1, 1}}) {
    const auto taps = random_matrix(4 * 3, 5, 1);
    const FilterBank<double> bank(taps.view(), 4, 3);
    Circulant<double> circulant(bank, rows, columns);
    const std::vector<double> weights{0.5, 0, 2, 0.1, 1};
    circulant.set(weights);
    Image<double> r(rows, columns), z(rows, columns);
    const auto numbers = random_matrix(r.size(), 1, 2);
    std::ranges::copy(numbers.column(0), r.data());
    circulant.solve(r, z);
    // z + sum_k w_k d_k * (correlation of d_k with z), around.
    Image<double> back(z);
    for (std::int64_t k = 0; k < 5; ++k) {
      Image<double> c(rows, columns);
      const auto for_taps = [&](auto f) {
        for (std::int64_t i = 0; i < rows; ++i)
          for (std::int64_t j = 0; j < columns; ++j)
            for (std::int64_t a = 0; a < 4; ++a)
              for (std::int64_t b = 0; b < 3; ++b)
                f(i, j, (i + a) % rows, (j + b) % columns, taps(a * 3 + b, k));
      };
      for_taps([&](auto i, auto j, auto m, auto n, double d) { c(i, j) += d * z(m, n); });
      for_taps([&](auto i, auto j, auto m, auto n, double d) {
        back(m, n) += weights[std::size_t(k)] * d * c(i, j);
      });
    }
    for (std::int64_t i = 0; i < r.size(); ++i) EXPECT_NEAR(back.data()[i], r.data()[i], 1e-11);
  }
}

}  // namespace
}  // namespace striate::detail
