#include "striate/convolutional/detail/spectra.h"

#include <gtest/gtest.h>

#include "striate/convolutional/convolution.h"
#include "tests/problems/random_matrix.h"

namespace striate::detail {
namespace {

// D x and D'r by spectra, against sums in space.
TEST(Spectra, ProductsAreConvolutions) {
  const std::int64_t rows = 9, columns = 8, filters = 3;
  const auto taps = random_matrix<double>(12, filters, 1);
  const FilterBank<double> bank(taps.view(), 3, 4);
  const MapShape shape = bank.maps(rows, columns, Boundary::circular);
  const auto maps = random_matrix<double>(rows * columns, filters, 2);
  const auto image =
      synthesize<double>(bank, ConvolutionalCodes<double>::from_dense(shape, maps.view()));

  const Spectra<double> spectra(bank, rows, columns, {});
  const std::int64_t n = spectra.fft().spectrum_size();
  AlignedVector<double> sum(static_cast<std::size_t>(n)), map(sum), back(sum);
  for (std::int64_t k = 0; k < filters; ++k) {
    spectra.transform({maps.column(k).data(), rows, columns}, 0, map.data());
    add_products(n, spectra.of(k, 0), map.data(), sum.data());
  }
  Image<double> made(rows, columns);
  auto spoilt = sum;
  spectra.invert(spoilt.data(), 0, made);
  for (std::int64_t i = 0; i < made.size(); ++i)
    EXPECT_NEAR(made.data()[i], image.data()[i], 1e-12);

  for (std::int64_t k = 0; k < filters; ++k) {
    std::fill(back.begin(), back.end(), 0);
    add_conjugate_products(n, 1.0, spectra.of(k, 0), sum.data(), back.data());
    spectra.invert(back.data(), 0, made);
    correlate<double>(bank, image, shape, {.threads = 1},
                      [&](std::int64_t r, MatrixView<double> c, int) {
                        for (std::int64_t p = 0; p < columns; ++p)
                          ASSERT_NEAR(c(k, p), made(r, p), 1e-11);
                      });
  }
}

TEST(Spectra, NormBoundsTheOperator) {
  const auto taps = random_matrix<double>(9, 4, 3);
  const FilterBank<double> bank(taps.view(), 3, 3);
  const MapShape shape = bank.maps(7, 7, Boundary::circular);
  const double bound = Spectra<double>(bank, 7, 7, {}).squared_norm();
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    const auto maps = random_matrix<double>(49, 4, seed);
    const auto image =
        synthesize<double>(bank, ConvolutionalCodes<double>::from_dense(shape, maps.view()));
    double in = 0, out = 0;
    for (std::int64_t k = 0; k < 4; ++k)
      for (double x : maps.column(k)) in += x * x;
    for (std::int64_t i = 0; i < image.size(); ++i) out += image.data()[i] * image.data()[i];
    EXPECT_LE(out, bound * in * (1 + 1e-12));
  }
}

TEST(Spectra, FiltersLargerThanTheGridAreRefused) {
  const auto taps = random_matrix<float>(9, 1, 3);
  EXPECT_THROW(Spectra<float>(FilterBank<float>(taps.view(), 3, 3), 2, 5, {}), Error);
}

}  // namespace
}  // namespace striate::detail
