#include "striate/memory/detail/dense_field.h"

#include <gtest/gtest.h>

#include "tests/problems/planted_memory.h"

namespace striate::detail {
namespace {

using Complex = std::complex<double>;

// Sizes that fill no vector, and one that does.
TEST(DenseField, IsTheMatrixTimesTheState) {
  for (const std::int64_t n : {1, 7, 33, 64})
    for (const bool zero_diagonal : {false, true}) {
      const auto k = std::min<std::int64_t>(n, 5);
      const auto pairs = problems::random_codes<double>(n, k, 9, 3, 0.7);
      const auto codes = units_of_pairs(pairs);
      DenseField<double> field(n, zero_diagonal);
      for (std::int64_t p = 0; p < 9; ++p)
        for (std::size_t i = 0; i < codes[p].active(); ++i)
          field.add_to_column(codes[p].units[i], 0.5 * std::conj(codes[p].values[i]), codes[p]);
      const auto states = problems::random_codes<double>(n, k, 3, 4, 0.7);
      for (std::int64_t j = 0; j < 3; ++j) {
        const auto z = problems::dense(states, j);
        std::vector<Complex> expected(z.size()), u(z.size(), 99);
        for (std::int64_t p = 0; p < 9; ++p) {
          const auto c = problems::dense(pairs, p);
          for (std::size_t a = 0; a < z.size(); ++a)
            for (std::size_t b = 0; b < z.size(); ++b)
              if (a != b || !zero_diagonal) expected[a] += 0.5 * c[a] * std::conj(c[b]) * z[b];
        }
        field.apply(units_of_pairs(states)[j], u);
        for (std::size_t a = 0; a < z.size(); ++a)
          EXPECT_NEAR(std::abs(u[a] - expected[a]), 0, 1e-12);
      }
    }
}

TEST(DenseField, AColumnIsClearedAlone) {
  const auto codes = units_of_pairs(problems::random_codes<float>(20, 20, 1, 1));
  DenseField<float> field(20, false);
  field.add_to_column(3, 1, codes[0]);
  field.add_to_column(4, 1, codes[0]);
  field.clear_column(3);
  std::vector<std::complex<float>> u(20);
  const std::vector<std::int32_t> three = {3}, four = {4};
  const std::vector<std::complex<float>> one = {1};
  field.apply({three, one}, u);
  EXPECT_EQ(u, std::vector<std::complex<float>>(20));
  field.apply({four, one}, u);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(u[i], codes[0].values[i]);
}

}  // namespace
}  // namespace striate::detail
