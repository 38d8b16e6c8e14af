#include <gtest/gtest.h>

#include "striate/core/errors.h"
#include "striate/linalg/fft/plane_fft.test_cases.h"

namespace striate {
namespace {

TEST(PlaneFftDouble, EqualsFft2AndComesBack) { check_plane_fft<double>(); }
TEST(PlaneFftDouble, CountsFrequencies) { check_plane_fft_multiplicity<double>(); }
TEST(PlaneFftDouble, RefusesNothing) { EXPECT_THROW(PlaneFft<double>(0, 3), Error); }

TEST(PlaneFftDouble, ProductsBlockByBlock) {
  constexpr int n = PlaneFft<double>::lanes;
  AlignedVector<double> a(4 * n), b(4 * n), sum(4 * n), conjugate(4 * n);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = std::sin(double(i));
    b[i] = std::cos(double(3 * i));
  }
  add_products(4 * n, a.data(), b.data(), sum.data());
  add_conjugate_products(4 * n, 0.5, a.data(), b.data(), conjugate.data());
  for (std::size_t i = 0; i < 2 * n; ++i) {
    const std::size_t r = i / n * 2 * n + i % n;
    const std::complex<double> x(a[r], a[r + n]), y(b[r], b[r + n]);
    EXPECT_NEAR(std::abs(std::complex(sum[r], sum[r + n]) - x * y), 0, 1e-15);
    EXPECT_NEAR(std::abs(std::complex(conjugate[r], conjugate[r + n]) - 0.5 * std::conj(x) * y), 0,
                1e-15);
  }
}

}  // namespace
}  // namespace striate
